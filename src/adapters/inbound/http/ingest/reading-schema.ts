import * as v from 'valibot';
import type { Received } from '#application/ingest-readings';
import { milliwattHoursFromKwh } from '#domain/energy/energy';
import { rejected } from '#domain/reading/ingest-outcome';
import type { Reading } from '#domain/reading/reading';
import { MAX_KWH_PER_READING, type StreamDefinition } from '#domain/streams/stream';
import type { EpochMillis } from '#domain/time/time';
import { deviceIdSchema, faultOf, MISSING, message, timestampSchema } from '../wire/fault-schema.ts';

/** Turns a parsed JSON object into a reading of one stream, or into all of its faults in the order of the fields. */
export type ParseObject = (input: object, receivedAt: EpochMillis) => Received;

/** The schema of one stream, built from its definition. Members that the stream does not have are ignored. */
export function readingSchema(stream: StreamDefinition): ParseObject {
  const { kind, idField, energyField } = stream;
  const measured = Object.entries(stream.measured);
  const entries: Record<string, v.GenericSchema<unknown>> = {
    [idField]: deviceIdSchema,
    [energyField]: v.pipe(numberWithin(0, MAX_KWH_PER_READING, 'kWh'), v.transform(milliwattHoursFromKwh)),
    ...Object.fromEntries(measured.map(([name, { min, max, unit }]) => [name, numberWithin(min, max, unit)])),
    timestamp: timestampSchema,
  };
  const schema = v.object(entries, MISSING);

  return (input, receivedAt) => {
    const { success, output, issues } = v.safeParse(schema, input, { abortPipeEarly: true });
    if (!success) return rejected(issues.map(faultOf));
    const reading: Record<string, unknown> = {
      kind,
      deviceId: output[idField],
      timestamp: output.timestamp,
      energy: output[energyField],
      receivedAt,
    };
    for (const [name] of measured) reading[name] = output[name];
    return reading as unknown as Reading;
  };
}

function numberWithin(min: number, max: number, unit: string) {
  const notANumber = message('not-a-number', 'must be a finite number');
  const outOfRange = message('out-of-range', `must be from ${min} to ${max} ${unit}`);
  return v.pipe(
    v.custom<number>(Number.isFinite, notANumber),
    v.check((value) => value >= min && value <= max, outOfRange),
    v.transform((value) => value + 0), // turns -0 into 0
  );
}
