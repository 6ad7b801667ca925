import { type EpochMillis, MINUTE } from '../time/time.ts';
import type { MilliwattHours } from './energy.ts';
import { type EnergyBucket, type EnergySeries, energyByStart } from './energy-series.ts';

/** One side draws or receives practically nothing when it is below this share of the other side. */
const NEXT_TO_NOTHING = 0.1;
/** Less DC than this is no charging session: 30 seconds at 6 kW. */
export const MIN_LONE_DC: MilliwattHours = 50_000;

/**
 * The DC buckets in which the meters report, but draw practically nothing: the vehicle is charged elsewhere. Devices do
 * not start their minutes in step, and meters may count in steps, so DC between two draws of AC is no evidence when the
 * draw before it or the one after it could hold it.
 */
export function loneDc(ac: EnergySeries, dc: EnergySeries): EnergySeries {
  const lone = new Map(withoutCounterpart(dc, ac).map((bucket) => [bucket.start, bucket]));
  if (lone.size === 0) return [];
  const draws = energyByStart(ac);
  const minDraw = NEXT_TO_NOTHING * ac.reduce((highest, { energy }) => Math.max(highest, energy), 0);
  const found: EnergyBucket[] = [];
  let between: EnergyBucket[] = [];
  let before = 0;
  const endAt = (draw: MilliwattHours) => {
    if (totalEnergy(between) > Math.max(before, draw)) found.push(...between);
    between = [];
    before = draw;
  };
  for (const start of startsOf(ac, dc)) {
    const draw = draws.get(start) ?? 0;
    if (draw > minDraw) endAt(draw);
    const bucket = lone.get(start);
    if (bucket !== undefined) between.push(bucket);
  }
  endAt(0);
  return totalEnergy(found) < MIN_LONE_DC ? [] : found;
}

/** The share of a side's energy in buckets in which the other side reports, but has practically nothing. */
export function loneShare(of: EnergySeries, beside: EnergySeries): number {
  const reported = energyByStart(beside);
  const compared = totalEnergy(of.filter(({ start }) => reported.has(start)));
  return compared === 0 ? 0 : totalEnergy(withoutCounterpart(of, beside)) / compared;
}

export function totalEnergy(series: EnergySeries): MilliwattHours {
  return series.reduce((sum, { energy }) => sum + energy, 0);
}

/** The buckets with energy in which the other side, in the same minute or one beside it, has practically none. */
function withoutCounterpart(of: EnergySeries, beside: EnergySeries): EnergySeries {
  const reported = energyByStart(beside);
  return of.filter(({ start, energy }) => {
    const now = reported.get(start);
    if (now === undefined || energy === 0) return false;
    const near = Math.max(now, reported.get(start - MINUTE) ?? 0, reported.get(start + MINUTE) ?? 0);
    return near < energy * NEXT_TO_NOTHING;
  });
}

function startsOf(...all: readonly EnergySeries[]): readonly EpochMillis[] {
  return [...new Set(all.flat().map(({ start }) => start))].sort((a, b) => a - b);
}
