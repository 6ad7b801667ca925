import * as v from 'valibot';
import type { KeyLimits } from '#application/access/api-key';
import type { EpochMillis } from '#domain/time/time';
import { parseDuration } from '#domain/time/time-window';
import { parseRfc3339 } from '#domain/time/timestamp';
import { UsageError } from '../command-line.ts';
import type { KeyOptions } from './create-key.ts';
import { devicesSchema, limitSchema, nameSchema, scopesSchema } from './key-values.ts';

/** What `node:util` takes for the options that describe a key. */
export const KEY_OPTIONS = {
  name: { type: 'string' },
  scopes: { type: 'string' },
  devices: { type: 'string' },
  expires: { type: 'string' },
  'readings-per-minute': { type: 'string' },
  'new-devices-per-hour': { type: 'string' },
  'concurrent-requests': { type: 'string' },
} as const;

type Values = Readonly<Partial<Record<keyof typeof KEY_OPTIONS, string>>>;

/** The key that the options of a command line describe. Throws `UsageError` if one is missing or has a bad value. */
export function keyOptions(values: Values, now: EpochMillis): KeyOptions {
  const { name, scopes, devices, expires } = values;
  if (name === undefined || scopes === undefined) {
    throw new UsageError('create needs --name and --scopes; see keys --help');
  }
  const limits = limitsOf(values);
  return {
    name: valid(nameSchema, '--name', name),
    scopes: valid(scopesSchema, '--scopes', listOf(scopes)),
    ...(devices !== undefined && { devices: valid(devicesSchema, '--devices', listOf(devices)) }),
    ...(expires !== undefined && { expiresAt: expiryOf(expires, now) }),
    ...(Object.keys(limits).length > 0 && { limits }),
  };
}

/** Throws `UsageError` if no key can have this name; the message does not quote it, because it may be a key. */
export function validName(option: string, name: string): string {
  return valid(nameSchema, option, name);
}

function limitsOf(values: Values): KeyLimits {
  const limit = (option: keyof Values) => {
    const text = values[option];
    return text === undefined ? undefined : valid(limitSchema, `--${option}`, /^\d+$/.test(text) ? Number(text) : text);
  };
  const readingsPerMinute = limit('readings-per-minute');
  const newDevicesPerHour = limit('new-devices-per-hour');
  const concurrentRequests = limit('concurrent-requests');
  return {
    ...(readingsPerMinute !== undefined && { readingsPerMinute }),
    ...(newDevicesPerHour !== undefined && { newDevicesPerHour }),
    ...(concurrentRequests !== undefined && { concurrentRequests }),
  };
}

function expiryOf(text: string, now: EpochMillis): EpochMillis {
  const duration = parseDuration(text);
  const time = duration === undefined ? parseRfc3339(text) : now + duration;
  if (typeof time !== 'number') {
    throw new UsageError('--expires must be a duration such as 90d, or a time such as 2027-01-01T00:00:00Z');
  }
  if (time <= now) throw new UsageError('--expires must be in the future');
  return time;
}

function listOf(text: string): string[] {
  return text.split(',').map((part) => part.trim());
}

function valid<T>(schema: v.GenericSchema<unknown, T>, option: string, value: unknown): T {
  const { success, output, issues } = v.safeParse(schema, value);
  if (!success) throw new UsageError(`${option} ${issues[0].message}`);
  return output;
}
