import type { EnergyBucket, EnergySeries } from '#domain/energy/energy-series';
import { HOUR, type Millis } from '#domain/time/time';
import { START } from './readings.ts';

/** A series from one energy per bucket, from `START` on; `null` leaves a bucket out. Whole numbers are mWh. */
export function aSeries(energies: readonly (number | null)[], width: Millis = HOUR, start = START): EnergySeries {
  return energies.flatMap((energy, i) => {
    const bucket = { start: start + i * width, readings: 60, min: 0, max: energy ?? 0 };
    return energy === null ? [] : [{ ...bucket, energy }];
  });
}

/** A series of what a counter shows: smallest and largest value of each bucket. */
export function aRegister(values: readonly (readonly [min: number, max: number])[]): EnergySeries {
  return values.map(
    ([min, max], i): EnergyBucket => ({ start: START + i * HOUR, energy: min + max, readings: 2, min, max }),
  );
}
