import * as v from 'valibot';
import { DEVICE_ID_RULE, isDeviceId } from '#domain/reading/device-id';
import type { Fault, FaultCode } from '#domain/reading/fault';
import type { EpochMillis } from '#domain/time/time';
import { parseTimestamp } from '#domain/time/timestamp';

/** The message of a schema's rule: the fault's code, then its detail. */
function message(code: FaultCode, detail: string): `${FaultCode}: ${string}` {
  return `${code}: ${detail}`;
}

/** The fault that an issue with such a message stands for. */
export function faultOf(issue: v.BaseIssue<unknown>): Fault {
  const end = issue.message.indexOf(': ');
  return {
    code: issue.message.slice(0, end) as FaultCode,
    field: String(issue.path?.[0]?.key),
    detail: issue.message.slice(end + 2),
  };
}

export const MISSING = message('missing-field', 'is missing');

export const deviceIdSchema = v.custom<string>(isDeviceId, message('invalid-id', DEVICE_ID_RULE));

/** RFC 3339 with an offset, or integer epoch milliseconds. */
export const timestampSchema = v.pipe(
  v.unknown(),
  v.rawTransform(({ dataset, addIssue, NEVER }): EpochMillis => {
    const parsed = parseTimestamp(dataset.value);
    if (typeof parsed === 'number') return parsed;
    addIssue({ message: message(parsed.code, parsed.detail) });
    return NEVER;
  }),
);
