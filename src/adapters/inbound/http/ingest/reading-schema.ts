import * as v from 'valibot';
import { milliwattHoursFromKwh } from '#domain/energy/energy';
import type { Fault } from '#domain/reading/fault';
import type { Reading } from '#domain/reading/reading';
import { MAX_KWH_PER_READING, type StreamDefinition } from '#domain/streams/stream';
import type { EpochMillis } from '#domain/time/time';
import { deviceIdSchema, faultOf, MISSING, message, timestampSchema } from '../wire/fault-schema.ts';

/** Either the reading, or everything that is wrong with it in the order of the stream's fields. */
export type Explained = { readonly reading: Reading } | { readonly faults: readonly Fault[] };
export type ExplainReading = (input: object, receivedAt: EpochMillis) => Explained;

/** What a reading of one stream must look like, built from the stream's definition; names every fault it finds. */
export function readingSchema(stream: StreamDefinition): ExplainReading {
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
    if (!success) return { faults: issues.map(faultOf) };
    const reading: Record<string, unknown> = {
      kind,
      deviceId: output[idField],
      timestamp: output.timestamp,
      energy: output[energyField],
      receivedAt,
    };
    for (const [name] of measured) reading[name] = output[name];
    return { reading: reading as unknown as Reading };
  };
}

function numberWithin(min: number, max: number, unit: string) {
  const notANumber = message('not-a-number', 'must be a finite number');
  const outOfRange = message('out-of-range', `must be from ${min} to ${max} ${unit}`);
  return v.pipe(
    v.number(notANumber),
    v.finite(notANumber),
    v.minValue(min, outOfRange),
    v.maxValue(max, outOfRange),
    v.transform((value) => value + 0), // turns -0 into 0
  );
}
