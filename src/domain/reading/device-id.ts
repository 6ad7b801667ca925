/** In a path, `.` and `..` mean other resources: no URL could name such a device. */
const DEVICE_ID = /^(?!\.{1,2}$)[A-Za-z0-9._:-]{1,128}$/;

/** What a device id must be, as the detail of a fault: it reads on from the name of the field. */
export const DEVICE_ID_RULE = 'must be 1 to 128 of A-Z a-z 0-9 . _ : - and not just . or ..';

export function isDeviceId(value: unknown): value is string {
  return typeof value === 'string' && DEVICE_ID.test(value);
}
