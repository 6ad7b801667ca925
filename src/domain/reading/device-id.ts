/** 1 to 128 of `A-Z a-z 0-9 . _ : -`. */
const DEVICE_ID = /^[A-Za-z0-9._:-]{1,128}$/;

export function isDeviceId(value: unknown): value is string {
  return typeof value === 'string' && DEVICE_ID.test(value);
}
