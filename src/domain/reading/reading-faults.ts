import { numberFields, type StreamDefinition } from '../streams/stream.ts';
import type { EpochMillis } from '../time/time.ts';
import { parseTimestamp } from '../time/timestamp.ts';
import { type AcceptedTime, acceptedTimeFault } from './accepted-time.ts';
import { DEVICE_ID_RULE, isDeviceId } from './device-id.ts';
import type { Fault } from './fault.ts';
import type { Fields } from './fields.ts';

/** The faults of a reading, at most one per field; none if and only if it is valid. */
export type ListFaults = (fields: Fields, receivedAt: EpochMillis) => readonly Fault[];

type ValueFault = Pick<Fault, 'code' | 'detail'>;
type CheckValue = (value: unknown, receivedAt: EpochMillis) => ValueFault | undefined;

const MISSING: ValueFault = { code: 'missing-field', detail: 'is missing' };
const INVALID_ID: ValueFault = { code: 'invalid-id', detail: DEVICE_ID_RULE };
const NOT_A_NUMBER: ValueFault = { code: 'not-a-number', detail: 'must be a finite number' };

/** Lists the faults of one stream's readings in the order id, energy, measured fields, timestamp. */
export function readingFaults(stream: StreamDefinition, acceptedTime: AcceptedTime): ListFaults {
  const checks: (readonly [field: string, check: CheckValue])[] = [
    [stream.idField, (value) => (isDeviceId(value) ? undefined : INVALID_ID)],
    ...numberFields(stream).map(({ name, unit, min, max }) => [name, numberWithin(min, max, unit)] as const),
    ['timestamp', (value, receivedAt) => timestampFault(value, receivedAt, acceptedTime)],
  ];

  return (fields, receivedAt) => {
    const faults: Fault[] = [];
    for (const [field, check] of checks) {
      const value = fields[field];
      const fault = value === undefined ? MISSING : check(value, receivedAt);
      if (fault) faults.push({ code: fault.code, field, detail: fault.detail });
    }
    return faults;
  };
}

function numberWithin(min: number, max: number, unit: string): CheckValue {
  const outOfRange: ValueFault = { code: 'out-of-range', detail: `must be from ${min} to ${max} ${unit}` };
  return (value) => {
    if (typeof value !== 'number' || !Number.isFinite(value)) return NOT_A_NUMBER;
    return value >= min && value <= max ? undefined : outOfRange;
  };
}

function timestampFault(value: unknown, receivedAt: EpochMillis, accepted: AcceptedTime): ValueFault | undefined {
  const time = parseTimestamp(value);
  return typeof time === 'number' ? acceptedTimeFault(time, receivedAt, accepted) : time;
}
