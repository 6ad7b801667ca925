import type { EnergyBucket, EnergySeries } from '#domain/energy/energy-series';
import { HOUR, type Millis } from '#domain/time/time';
import { START } from '#testing/readings';

/** A series with one energy (mWh) per bucket, from `START` on; `null` omits a bucket. */
export function aSeries(energies: readonly (number | null)[], width: Millis = HOUR, start = START): EnergySeries {
  return energies.flatMap((energy, i) => {
    const bucket = { start: start + i * width, readings: 60, min: 0, max: energy ?? 0 };
    return energy === null ? [] : [{ ...bucket, energy }];
  });
}

/** A series of counter values: minimum and maximum of each bucket. */
export function aRegister(values: readonly (readonly [min: number, max: number])[]): EnergySeries {
  return values.map(
    ([min, max], i): EnergyBucket => ({ start: START + i * HOUR, energy: min + max, readings: 2, min, max }),
  );
}
