import type { StreamDefinition } from '../streams/stream.ts';
import { streams } from '../streams/streams.ts';
import type { EpochMillis } from '../time/time.ts';
import type { AcceptedTime } from './accepted-time.ts';
import { type Fields, isFields } from './fields.ts';
import { type Rejected, rejected } from './ingest-outcome.ts';
import type { Reading } from './reading.ts';
import { misspelling } from './reading-faults.ts';
import { type ReadingMaker, readingMaker } from './reading-maker.ts';

/**
 * Makes a reading of a value of any type, or lists everything that is wrong with it. `receivedAt` is the current time:
 * the reading keeps it, and its timestamp must be within the accepted time around it.
 */
export type ParseReading = (value: unknown, receivedAt: EpochMillis) => Reading | Rejected;

/**
 * Parses readings as devices send them, whatever the protocol: objects like
 * `{ meterId: 'M-7', kwhConsumedAc: 0.1, voltage: 230.1, timestamp: '2026-01-31T12:00:00Z' }` with the id field of
 * exactly one stream, its energy in kWh since the previous reading, its measured fields in their units, and a timestamp:
 * RFC 3339 with an offset, or epoch milliseconds. Which id field is present decides the stream, regardless of its value;
 * a member that is `undefined` is absent. Other members are ignored. Never throws: what is not a valid reading is
 * rejected with all of its faults, in the order of the stream's fields.
 */
export function readingParser(
  acceptedTime: AcceptedTime,
  definitions: readonly StreamDefinition[] = Object.values(streams),
): ParseReading {
  const makers = definitions.map((stream) => ({ idField: stream.idField, maker: readingMaker(stream, acceptedTime) }));
  const idFields = definitions.map(({ idField }) => idField);

  return (value, receivedAt) => {
    if (!isFields(value)) return notAnObject(value, idFields);
    let found: ReadingMaker | undefined;
    for (const { idField, maker } of makers) {
      if (value[idField] === undefined) continue;
      if (found) return ambiguous(value, idFields);
      found = maker;
    }
    return found ? found.fromFields(value, receivedAt) : missing(value, idFields);
  };
}

function notAnObject(value: unknown, idFields: readonly string[]): Rejected {
  const isNothing = value === null || value === undefined;
  const what = Array.isArray(value) ? 'an array' : isNothing ? `${value}` : `a ${typeof value}`;
  return rejected([
    { code: 'missing-device', detail: `is ${what}; a reading is an object with ${idFields.join(' or ')}` },
  ]);
}

function missing(fields: Fields, idFields: readonly string[]): Rejected {
  const list = Object.keys(fields).find((name) => Array.isArray(fields[name]));
  const misspelt = idFields.map((idField) => misspelling(idField, fields, idFields)).find((hint) => hint !== '');
  const hint = list === undefined ? misspelt : `; to send several readings, post the array itself, which is in ${list}`;
  return rejected([{ code: 'missing-device', detail: `must have ${idFields.join(' or ')}${hint ?? ''}` }]);
}

function ambiguous(fields: Fields, idFields: readonly string[]): Rejected {
  const present = idFields.filter((idField) => fields[idField] !== undefined);
  return rejected([{ code: 'ambiguous-device', detail: `must have only one of ${present.join(' and ')}` }]);
}
