import { milliwattHoursFromKwh } from '#domain/energy/energy';
import type { Reading } from '#domain/reading/reading';
import { MAX_KWH_PER_READING, type StreamDefinition } from '#domain/streams/stream';
import type { EpochMillis } from '#domain/time/time';

/** Places among the numbers of a reading: epoch milliseconds, kWh, then the measured fields in the stream's order. */
export const TIME = 0;
export const ENERGY = 1;
export const MEASURED = 2;

/**
 * Builds a reading from a valid id, a valid time and the other numbers; `undefined` if one of them is out of bounds or
 * NaN. Keeps no reference to the array.
 */
export type BuildReading = (deviceId: string, numbers: Float64Array, receivedAt: EpochMillis) => Reading | undefined;

export function readingBuilder(stream: StreamDefinition): BuildReading {
  const { kind } = stream;
  const measured = Object.values(stream.measured);
  const min = Float64Array.of(-Infinity, 0, ...measured.map((field) => field.min));
  const max = Float64Array.of(Infinity, MAX_KWH_PER_READING, ...measured.map((field) => field.max));
  const names = Object.keys(stream.measured);
  const [first = '', second = ''] = names;

  return (deviceId, numbers, receivedAt) => {
    for (let place = ENERGY; place < min.length; place++) {
      const value = numbers[place] as number;
      if (!(value >= (min[place] as number) && value <= (max[place] as number))) return undefined;
      numbers[place] = value + 0; // + 0 turns -0 into 0
    }
    const timestamp = numbers[TIME];
    const energy = milliwattHoursFromKwh(numbers[ENERGY] as number);
    const one = numbers[MEASURED];
    const two = numbers[MEASURED + 1];
    let reading: Record<string, unknown>;
    // Written out for one and two fields: a literal takes half the time of an object that fields are added to.
    if (names.length === 1) reading = { kind, deviceId, timestamp, energy, receivedAt, [first]: one };
    else if (names.length === 2)
      reading = { kind, deviceId, timestamp, energy, receivedAt, [first]: one, [second]: two };
    else {
      reading = { kind, deviceId, timestamp, energy, receivedAt };
      for (let index = 0; index < names.length; index++) reading[names[index] as string] = numbers[MEASURED + index];
    }
    return reading as unknown as Reading;
  };
}
