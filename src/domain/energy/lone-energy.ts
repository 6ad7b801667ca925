import { type EpochMillis, MINUTE, type Millis } from '../time/time.ts';
import type { MilliwattHours } from './energy.ts';
import { type EnergyBucket, type EnergySeries, energyByStart } from './energy-series.ts';

/** One side draws or receives practically nothing when it is below this share of the other side. */
const NEXT_TO_NOTHING = 0.1;
/** Less DC than this is no charging session: 30 seconds at 6 kW. */
export const MIN_LONE_DC: MilliwattHours = 50_000;

/** DC that follows or precedes a draw so closely, for at most this long, may only be stamped by a clock that is off. */
const MAX_CLOCK_ERROR: Millis = 5 * MINUTE;
/** The minute beside a draw counts as one with AC, so DC without AC touches a draw two minutes away. */
const MAX_DISTANCE: Millis = 2 * MINUTE;

/**
 * The DC buckets in which the meters report, but draw practically nothing: the vehicle is charged elsewhere. Devices do
 * not start their minutes in step, clocks are off by minutes, and meters may count in steps. So DC between two draws of
 * AC is no evidence when one of these draws could hold it, or when it might belong to the edge of a session.
 */
export function loneDc(ac: EnergySeries, dc: EnergySeries): EnergySeries {
  const lone = new Map(withoutCounterpart(dc, ac).map((bucket) => [bucket.start, bucket]));
  if (lone.size === 0) return [];
  const draws = energyByStart(ac);
  const highest = ac.reduce((max, { energy }) => Math.max(max, energy), 0);
  const found: EnergyBucket[] = [];
  let between: EnergyBucket[] = [];
  let before = NO_DRAW;
  const endAt = (after: Draw) => {
    const energy = totalEnergy(between);
    const isEdge = isEdgeOf(before, between, after) && energy <= between.length * highest;
    if (energy > Math.max(before.energy, after.energy) && !isEdge) found.push(...between);
    between = [];
    before = after;
  };
  for (const start of startsOf(ac, dc)) {
    const energy = draws.get(start) ?? 0;
    if (energy > NEXT_TO_NOTHING * highest) endAt({ start, energy });
    const bucket = lone.get(start);
    if (bucket !== undefined) between.push(bucket);
  }
  endAt(NO_DRAW);
  return totalEnergy(found) < MIN_LONE_DC ? [] : found;
}

type Draw = Pick<EnergyBucket, 'start' | 'energy'>;
const NO_DRAW: Draw = { start: -Infinity, energy: 0 };

/** Whether DC between two draws is so short, and so close to one of them, that a clock error explains it. */
function isEdgeOf(before: Draw, between: EnergySeries, after: Draw): boolean {
  const [first, last] = [between[0], between.at(-1)];
  if (first === undefined || last === undefined || last.start - first.start >= MAX_CLOCK_ERROR) return false;
  return first.start - before.start <= MAX_DISTANCE || Math.abs(after.start - last.start) <= MAX_DISTANCE;
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
