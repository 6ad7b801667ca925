import { type EpochMillis, floorTo, MINUTE, type Millis } from '../time/time.ts';
import { contains, type TimeWindow } from '../time/time-window.ts';
import type { MilliwattHours } from './energy.ts';

/** One device's energy in one bucket of time, and the smallest and largest energy of a single reading in it. */
export interface EnergyBucket {
  readonly start: EpochMillis;
  readonly energy: MilliwattHours;
  readonly readings: number;
  readonly min: MilliwattHours;
  readonly max: MilliwattHours;
}

/** Buckets of one width, oldest first; buckets without readings are left out. */
export type EnergySeries = readonly EnergyBucket[];

/** The buckets that start in the window. */
export function seriesWithin(series: EnergySeries, window: TimeWindow): EnergySeries {
  return series.filter(({ start }) => contains(window, start));
}

/** Joins parts of one device's series, which may share buckets. */
export function joined(parts: readonly EnergySeries[]): EnergySeries {
  if (parts.length === 1) return parts[0] as EnergySeries;
  const buckets = new Map<EpochMillis, EnergyBucket>(parts.flat().map((bucket) => [bucket.start, bucket]));
  return [...buckets.values()].sort((a, b) => a.start - b.start);
}

/** The series in wider buckets. */
export function widened(series: EnergySeries, width: Millis): EnergySeries {
  return sumOfSeries([series.map((bucket) => ({ ...bucket, start: floorTo(width, bucket.start) }))]);
}

/** Adds up the energy of several devices, bucket by bucket; a bucket is present if any of them has it. */
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

/** The share of DC in excess of AC in the same bucket above which the two series do not belong together. */
export const MAX_EXCESS_SHARE = 0.1;

/**
 * The share of the DC energy that exceeds the AC drawn in the same bucket, over the buckets that both series have. With
 * `lag`, each DC bucket is compared with the AC that much earlier. Devices do not start their minutes in step, so the
 * AC of the neighbouring minutes counts too; an hourly series has no such neighbours.
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

/** Whether DC arrives without matching AC: the meter feeds another vehicle, or a clock is off. */
export function isOutOfStep(ac: EnergySeries, dc: EnergySeries, lag: Millis = 0): boolean {
  return excessShare(ac, dc, lag) > MAX_EXCESS_SHARE;
}

/** The share of the AC energy that must have a DC bucket at the lag before the two are compared at all. */
const MIN_COMPARED_SHARE = 0.5;

/**
 * Cosine similarity of AC and the DC `lag` later, over the buckets that both series have: from 0 (nothing in common) to
 * 1 (proportional).
 */
export function similarity(ac: EnergySeries, dc: EnergySeries, lag: Millis = 0): number {
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
  if (sums.product === 0 || sums.compared < sums.all * MIN_COMPARED_SHARE) return 0;
  return sums.product / Math.sqrt(sums.ac * sums.dc);
}

/** How similar the two must be at a lag before a clock is blamed, */
const MIN_SIMILARITY_AT_LAG = 0.95;
/** and by how much the lag must improve on none. */
const MIN_SIMILARITY_GAIN = 0.1;

interface LagSearch {
  /** The width of the buckets: the step of the search. */
  readonly width: Millis;
  /** The largest lag tried, either way. Both series should extend this far beyond the judged window, at both ends. */
  readonly maxLag: Millis;
  /** A lag explains a low efficiency only if DC / AC at that lag is at least this. */
  readonly minEfficiency: number;
}

/**
 * How much later than the AC the DC arrives (negative: earlier) when a clock is off, usually by a time zone;
 * `undefined` when there is no such lag. Without the lag, DC must arrive without matching AC; with it, the two must
 * match in shape and in amount.
 */
export function clockLag(ac: EnergySeries, dc: EnergySeries, search: LagSearch): Millis | undefined {
  const { width, maxLag, minEfficiency } = search;
  if (!isOutOfStep(ac, dc)) return undefined;
  const unshifted = similarity(ac, dc);
  let best = { lag: 0, similarity: unshifted };
  for (let lag = -maxLag; lag <= maxLag; lag += width) {
    const shifted = similarity(ac, dc, lag);
    if (shifted > best.similarity) best = { lag, similarity: shifted };
  }
  const clear = best.similarity >= MIN_SIMILARITY_AT_LAG && best.similarity - unshifted >= MIN_SIMILARITY_GAIN;
  const explains = clear && !isOutOfStep(ac, dc, best.lag) && ratio(ac, dc, best.lag) >= minEfficiency;
  return explains ? best.lag : undefined;
}

/** DC / AC over the buckets that both series have when DC is `lag` later; not a finite number without AC. */
export function ratio(ac: EnergySeries, dc: EnergySeries, lag: Millis = 0): number {
  const delivered = energyByStart(dc);
  const both = ac.filter(({ start }) => delivered.has(start + lag));
  const sum = both.reduce((total, { start }) => total + (delivered.get(start + lag) ?? 0), 0);
  return sum / both.reduce((total, { energy }) => total + energy, 0);
}

export function energyByStart(series: EnergySeries): ReadonlyMap<EpochMillis, MilliwattHours> {
  return new Map(series.map(({ start, energy }) => [start, energy]));
}
