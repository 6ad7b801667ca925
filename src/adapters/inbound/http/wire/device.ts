import type { Context } from 'hono';
import { isDeviceId } from '#domain/reading/device-id';
import type { Kind } from '#domain/streams/streams';
import { Refusal } from './problem.ts';

/** The `:deviceId` of the path. Throws `Refusal`, without asking the store, if no device can have such an id. */
export function deviceIdOf(c: Context, kind: Kind): string {
  const deviceId = c.req.param('deviceId');
  if (!isDeviceId(deviceId)) throw unknownDevice(kind);
  return deviceId;
}

export function unknownDevice(kind: Kind): Refusal {
  return new Refusal('not-found', `No reading of this ${kind} was ever stored.`);
}
