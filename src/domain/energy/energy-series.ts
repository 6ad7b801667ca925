import { type EpochMillis, MINUTE, type Millis } from '../time/time.ts';
import { contains, type TimeWindow } from '../time/time-window.ts';
import type { MilliwattHours } from './energy.ts';

/** One device's energy in one bucket of time, with the smallest and largest reading in it. */
export interface EnergyBucket {
  readonly start: EpochMillis;
  readonly energy: MilliwattHours;
  readonly readings: number;
  readonly min: MilliwattHours;
  readonly max: MilliwattHours;
}

/** Buckets of one width in the order of time; a bucket without readings is not there. */
export type EnergySeries = readonly EnergyBucket[];

/** The buckets that begin in the window. */
export function seriesWithin(series: EnergySeries, window: TimeWindow): EnergySeries {
  return series.filter(({ start }) => contains(window, start));
}

/** The energy of several devices together, bucket by bucket; a bucket is there when one of them has it. */
export function sumOfSeries(all: readonly EnergySeries[]): EnergySeries {
  const sums = new Map<EpochMillis, EnergyBucket>();
  for (const bucket of all.flat()) {
    const sum = sums.get(bucket.start);
    sums.set(bucket.start, sum === undefined ? bucket : addBuckets(sum, bucket));
  }
  return [...sums.values()].sort((a, b) => a.start - b.start);
}

function addBuckets(a: EnergyBucket, b: EnergyBucket): EnergyBucket {
  return {
    start: a.start,
    energy: a.energy + b.energy,
    readings: a.readings + b.readings,
    min: Math.min(a.min, b.min),
    max: Math.max(a.max, b.max),
  };
}

/** A register needs this many buckets to show itself; fewer rising values can be chance. */
const REGISTER_BUCKETS = 6;
/** A register that stands still for most of the window, as a parked vehicle's does, has to rise this often. */
const REGISTER_RISES = 3;
/** And it stands high: its lowest value is at least this share of its highest, which idle charging points draw not, */
const REGISTER_FLOOR = 0.1;
/** or it has come to more than a charger delivers in a minute: 360 kW. */
const REGISTER_HEIGHT: MilliwattHours = 6_000_000;

/**
 * Whether the readings look like a meter's counter instead of the energy since the reading before: never falling from
 * one bucket to the next, and either rising in most of them or rising where it stands high already. Charging power
 * varies or stays, and it ends; it does not climb for hours.
 */
export function looksLikeRegister(series: EnergySeries): boolean {
  const [first, last] = [series[0], series.at(-1)];
  if (series.length < REGISTER_BUCKETS || first === undefined || last === undefined) return false;
  let rising = 0;
  for (let i = 1; i < series.length; i++) {
    const [before, now] = [series[i - 1] as EnergyBucket, series[i] as EnergyBucket];
    if (now.min < before.max) return false;
    if (now.max > before.max) rising++;
  }
  const standsHigh = first.min >= last.max * REGISTER_FLOOR || last.max > REGISTER_HEIGHT;
  return rising * 2 > series.length || (rising >= REGISTER_RISES && standsHigh);
}

/** DC beyond AC in the same bucket, as a share of all DC: above this, the two do not belong together. */
const TOLERATED_EXCESS = 0.1;

/**
 * The share of the DC energy that arrived in buckets in which less AC was drawn, of the buckets that both sides have.
 * With `lag`, DC is looked for that much later than AC. Devices do not begin their minutes together, so that the AC of
 * the minute before and after counts as well; a series by the hour has no such neighbours.
 */
export function excessShare(ac: EnergySeries, dc: EnergySeries, lag: Millis = 0): number {
  const drawn = energyByStart(ac);
  let delivered = 0;
  let excess = 0;
  for (const { start, energy } of dc) {
    const at = start - lag;
    const now = drawn.get(at);
    if (now === undefined) continue;
    delivered += energy;
    excess += Math.max(0, energy - Math.max(now, drawn.get(at - MINUTE) ?? 0, drawn.get(at + MINUTE) ?? 0));
  }
  return delivered === 0 ? 0 : excess / delivered;
}

/** Whether DC arrives when no such AC is drawn: the meter is another vehicle's, or a clock is off. */
export function isOutOfStep(ac: EnergySeries, dc: EnergySeries, lag: Millis = 0): boolean {
  return excessShare(ac, dc, lag) > TOLERATED_EXCESS;
}

/** The part of the AC energy that must meet a bucket of DC at a lag before the two are compared at all. */
const COMPARED_SHARE = 0.5;

/**
 * Cosine similarity of AC with DC `lag` later over the buckets that both sides have, from 0 (nothing in common) to 1
 * (proportional).
 */
export function likeness(ac: EnergySeries, dc: EnergySeries, lag: Millis = 0): number {
  const delivered = energyByStart(dc);
  const sums = { all: 0, compared: 0, product: 0, ac: 0, dc: 0 };
  for (const { start, energy } of ac) {
    sums.all += energy;
    const then = delivered.get(start + lag);
    if (then === undefined) continue;
    sums.compared += energy;
    sums.product += energy * then;
    sums.ac += energy * energy;
    sums.dc += then * then;
  }
  if (sums.product === 0 || sums.compared < sums.all * COMPARED_SHARE) return 0;
  return sums.product / Math.sqrt(sums.ac * sums.dc);
}

/** So alike must the two be at another lag, and so much more than at none, before a clock is blamed. */
const CLEARLY_ALIKE = 0.95;
const CLEARLY_BETTER = 0.1;

/** How a lag is looked for. */
export interface LagSearch {
  readonly width: Millis;
  /** Both series should reach this far beyond what is judged, on both sides. */
  readonly maxLag: Millis;
  /** A lag explains a low number only when DC / AC is at least this with the lag. */
  readonly minEfficiency: number;
}

/**
 * How much later than AC the DC clearly arrives, or `undefined` when there is no such lag: a clock is off then, most
 * often by a time zone. Without the lag DC must arrive when no AC is drawn; with it the two must go together, in form
 * and in amount.
 */
export function clockLag(ac: EnergySeries, dc: EnergySeries, search: LagSearch): Millis | undefined {
  const { width, maxLag, minEfficiency } = search;
  if (!isOutOfStep(ac, dc)) return undefined;
  const now = likeness(ac, dc);
  let best = { lag: 0, likeness: now };
  for (let lag = -maxLag; lag <= maxLag; lag += width) {
    const there = likeness(ac, dc, lag);
    if (there > best.likeness) best = { lag, likeness: there };
  }
  const clear = best.likeness >= CLEARLY_ALIKE && best.likeness - now >= CLEARLY_BETTER;
  const explains = clear && !isOutOfStep(ac, dc, best.lag) && ratioAt(ac, dc, best.lag) >= minEfficiency;
  return explains ? best.lag : undefined;
}

/** DC / AC over the buckets that both sides have when DC is `lag` later. */
function ratioAt(ac: EnergySeries, dc: EnergySeries, lag: Millis): number {
  const delivered = energyByStart(dc);
  const both = ac.filter(({ start }) => delivered.has(start + lag));
  const sum = both.reduce((total, { start }) => total + (delivered.get(start + lag) ?? 0), 0);
  return sum / both.reduce((total, { energy }) => total + energy, 0);
}

function energyByStart(series: EnergySeries): ReadonlyMap<EpochMillis, MilliwattHours> {
  return new Map(series.map(({ start, energy }) => [start, energy]));
}
