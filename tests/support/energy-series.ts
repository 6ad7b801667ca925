import { milliwattHoursFromKwh } from '#domain/energy/energy';
import type { EnergyBucket, EnergySeries } from '#domain/energy/energy-series';
import { floorTo, HOUR, MINUTE, type Millis } from '#domain/time/time';
import { START } from '#testing/readings';

/** A series with one energy (mWh) per bucket, from `START` on; `null` omits a bucket. */
export function aSeries(energies: readonly (number | null)[], width: Millis = HOUR, start = START): EnergySeries {
  return energies.flatMap((energy, i) => {
    const bucket = { start: start + i * width, readings: 60, min: 0, max: energy ?? 0 };
    return energy === null ? [] : [{ ...bucket, energy }];
  });
}

/** The series of a device that posts these kWh, one reading per minute from `START` on, in buckets of `width`. */
export function seriesOfMinutes(kwh: readonly number[], width: Millis = MINUTE): EnergySeries {
  const readings = kwh.map((one, i) => ({ at: START + i * MINUTE, energy: milliwattHoursFromKwh(one) }));
  return [...Map.groupBy(readings, ({ at }) => floorTo(width, at))].map(([start, own]): EnergyBucket => {
    const energies = own.map(({ energy }) => energy);
    return {
      start,
      energy: energies.reduce((sum, energy) => sum + energy, 0),
      readings: own.length,
      min: Math.min(...energies),
      max: Math.max(...energies),
    };
  });
}
