import type { Received } from '#application/ingest-readings';
import { type AcceptedTime, acceptedTimeFault } from '#domain/reading/accepted-time';
import { type Rejected, rejected } from '#domain/reading/ingest-outcome';
import type { StreamDefinition } from '#domain/streams/stream';
import { streams } from '#domain/streams/streams';
import type { EpochMillis } from '#domain/time/time';
import { parseTimestamp } from '#domain/time/timestamp';
import { isObject } from '../wire/fault-schema.ts';
import { type ParseObject, readingSchema } from './reading-schema.ts';

/** Turns a parsed JSON value into a reading received at `now`, or into all of its faults. */
export type ParseReading = (value: unknown, now: EpochMillis) => Received;

/** Parses readings of every stream. Which id field is present decides the stream, whatever its value. */
export function readingParser(
  acceptedTime: AcceptedTime,
  definitions: readonly StreamDefinition[] = Object.values(streams),
): ParseReading {
  const parsers = definitions.map((stream) => ({ idField: stream.idField, parse: readingSchema(stream) }));
  const idFields = definitions.map(({ idField }) => idField);

  return (value, now) => {
    if (!isObject(value)) return notAnObject(value, idFields);
    let parse: ParseObject | undefined;
    for (const parser of parsers) {
      if (value[parser.idField] === undefined) continue;
      if (parse) return ambiguous(idFields.filter((idField) => value[idField] !== undefined));
      parse = parser.parse;
    }
    if (!parse) return missing(idFields);

    const received = parse(value, now);
    const faults = 'faults' in received ? received.faults : [];
    const timestamp = 'faults' in received ? parseTimestamp(value.timestamp) : received.timestamp;
    const timeFault = typeof timestamp === 'number' ? acceptedTimeFault(timestamp, now, acceptedTime) : undefined;
    return timeFault ? rejected([...faults, timeFault]) : received;
  };
}

function notAnObject(value: unknown, idFields: readonly string[]): Rejected {
  const what = Array.isArray(value) ? 'an array' : value === null ? 'null' : `a ${typeof value}`;
  return rejected([
    { code: 'missing-device', detail: `is ${what}; a reading is an object with ${idFields.join(' or ')}` },
  ]);
}

function missing(idFields: readonly string[]): Rejected {
  return rejected([{ code: 'missing-device', detail: `must have ${idFields.join(' or ')}` }]);
}

function ambiguous(present: readonly string[]): Rejected {
  return rejected([{ code: 'ambiguous-device', detail: `must have only one of ${present.join(' and ')}` }]);
}
