import { type NumberField, numberFields, type StreamDefinition } from '../streams/stream.ts';
import type { EpochMillis } from '../time/time.ts';
import { parseTimestamp } from '../time/timestamp.ts';
import { type AcceptedTime, acceptedTimeFault } from './accepted-time.ts';
import { DEVICE_ID_RULE, isDeviceId } from './device-id.ts';
import type { Fault } from './fault.ts';
import type { Fields } from './fields.ts';
import { similarName } from './similar-name.ts';
import { withinBounds } from './value-bounds.ts';

/** The faults of a reading, at most one per field; none if and only if it is valid. */
export type ListFaults = (fields: Fields, receivedAt: EpochMillis) => readonly Fault[];

type ValueFault = Pick<Fault, 'code' | 'detail'>;
type CheckValue = (value: unknown, receivedAt: EpochMillis) => ValueFault | undefined;

const INVALID_ID: ValueFault = { code: 'invalid-id', detail: DEVICE_ID_RULE };
const NOT_A_NUMBER: ValueFault = { code: 'not-a-number', detail: 'must be a finite number' };

/** Lists the faults of one stream's readings in the order id, energy, measured fields, timestamp. */
export function readingFaults(stream: StreamDefinition, acceptedTime: AcceptedTime): ListFaults {
  const checks: (readonly [field: string, check: CheckValue])[] = [
    [stream.idField, (value) => (isDeviceId(value) ? undefined : INVALID_ID)],
    ...numberFields(stream).map((field) => [field.name, numberWithin(field, stream)] as const),
    ['timestamp', (value, receivedAt) => timestampFault(value, receivedAt, acceptedTime)],
  ];
  const known = checks.map(([field]) => field);

  return (fields, receivedAt) => {
    const faults: Fault[] = [];
    for (const [field, check] of checks) {
      const value = fields[field];
      const fault = value === undefined ? missing(field, fields, known) : check(value, receivedAt);
      if (fault) faults.push({ code: fault.code, field, detail: fault.detail });
    }
    return faults;
  };
}

function missing(field: string, fields: Fields, known: readonly string[]): ValueFault {
  return { code: 'missing-field', detail: `is missing${misspelling(field, fields, known)}` };
}

/** Names the member that may be a misspelling of `field`, to go on with after a fault; empty if none may be. */
export function misspelling(field: string, fields: Fields, known: readonly string[]): string {
  const unknown = Object.keys(fields).filter((name) => !known.includes(name));
  const similar = similarName(field, unknown);
  return similar === undefined ? '' : ` (${similar} is not a known field; did you mean ${field}?)`;
}

function numberWithin({ name, unit, min, max }: NumberField, { energyField }: StreamDefinition): CheckValue {
  const outOfRange: ValueFault = { code: 'out-of-range', detail: `must be from ${min} to ${max} ${unit}` };
  const hint = 'the energy of the interval since the previous reading, not a counter';
  const aboveMax = name === energyField ? { ...outOfRange, detail: `${outOfRange.detail}: ${hint}` } : outOfRange;
  return (value) => {
    if (typeof value !== 'number' || !Number.isFinite(value)) return NOT_A_NUMBER;
    if (withinBounds(value, min, max) !== undefined) return undefined;
    return value > max ? aboveMax : outOfRange;
  };
}

function timestampFault(value: unknown, receivedAt: EpochMillis, accepted: AcceptedTime): ValueFault | undefined {
  const time = parseTimestamp(value);
  return typeof time === 'number' ? acceptedTimeFault(time, receivedAt, accepted) : time;
}
