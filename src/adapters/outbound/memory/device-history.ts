import type { EnergyBucket, EnergySeries } from '#domain/energy/energy-series';
import type { Reading } from '#domain/reading/reading';
import { addDeviceTotals, type DeviceTotals, deviceTotalsOf } from '#domain/reading/totals';
import type { Kind } from '#domain/streams/streams';
import { type EpochMillis, floorTo, HOUR, type Millis } from '#domain/time/time';
import type { TimeWindow } from '#domain/time/time-window';

/** The sums that are kept of an hour whose readings were dropped. */
interface DroppedHour {
  readonly bucket: EnergyBucket;
  readonly totals: DeviceTotals;
}

/** One device's readings, ordered by timestamp. Appending the newest is the cheap case. */
export class DeviceHistory {
  readonly #kind: Kind;
  readonly #readings: Reading[] = [];
  readonly #dropped: DroppedHour[] = [];
  #horizon: EpochMillis;

  /** Readings before `horizon` are in no answer: the sums of their hours are final. */
  constructor(kind: Kind, horizon: EpochMillis) {
    this.#kind = kind;
    this.#horizon = horizon;
  }

  at(timestamp: EpochMillis): Reading | undefined {
    const reading = this.#readings[this.#firstNotBefore(timestamp)];
    return reading?.timestamp === timestamp ? reading : undefined;
  }

  /** Adds a reading; none with its timestamp may exist. */
  add(reading: Reading): void {
    this.#readings.splice(this.#firstNotBefore(reading.timestamp), 0, reading);
  }

  /** The kept readings of the window, oldest first, at most `limit`. */
  between({ from, to }: TimeWindow, limit = Infinity): readonly Reading[] {
    const start = this.#firstNotBefore(Math.max(from, this.#horizon));
    return this.#readings.slice(start, Math.min(this.#firstNotBefore(to), start + limit));
  }

  /** Totals of the window. Hours whose readings were dropped count only if they are entirely in it. */
  totals(window: TimeWindow): DeviceTotals {
    const dropped = this.#droppedIn(window).map(({ totals }) => totals);
    return dropped.reduce(addDeviceTotals, deviceTotalsOf(this.#kind, this.between(window)));
  }

  /** Energy per bucket. Hours whose readings were dropped are included only when the buckets are hours. */
  series(window: TimeWindow, width: Millis): EnergySeries {
    const dropped = width === HOUR ? this.#droppedIn(window).map(({ bucket }) => bucket) : [];
    return [...dropped, ...buckets(this.between(window), width)];
  }

  /** Replaces the readings before `before`, the start of an hour, by their hourly sums. */
  dropBefore(before: EpochMillis): void {
    if (before <= this.#horizon) return;
    const readings = this.between({ from: -Infinity, to: before });
    this.#readings.splice(0, this.#firstNotBefore(before));
    this.#horizon = before;
    for (const bucket of buckets(readings, HOUR)) {
      const ofHour = readings.filter(({ timestamp }) => floorTo(HOUR, timestamp) === bucket.start);
      this.#dropped.push({ bucket, totals: deviceTotalsOf(this.#kind, ofHour) });
    }
  }

  /** Forgets the sums of hours from `to` on whose readings were dropped; new readings of these hours count again. */
  moveBack(to: EpochMillis): void {
    if (this.#horizon <= to) return;
    this.#horizon = to;
    const before = this.#dropped.filter(({ bucket }) => bucket.start < to);
    this.#dropped.splice(0, Infinity, ...before);
  }

  #droppedIn({ from, to }: TimeWindow): readonly DroppedHour[] {
    return this.#dropped.filter(({ bucket }) => from <= bucket.start && bucket.start + HOUR <= to);
  }

  #firstNotBefore(timestamp: EpochMillis): number {
    let low = 0;
    let high = this.#readings.length;
    const newest = this.#readings[high - 1];
    if (newest === undefined || newest.timestamp < timestamp) return high;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const reading = this.#readings[middle];
      if (reading !== undefined && reading.timestamp < timestamp) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function buckets(readings: readonly Reading[], width: Millis): EnergyBucket[] {
  const found = new Map<EpochMillis, EnergyBucket>();
  for (const { timestamp, energy } of readings) {
    const start = floorTo(width, timestamp);
    const bucket = found.get(start) ?? { start, energy: 0, readings: 0, min: energy, max: energy };
    found.set(start, {
      start,
      energy: bucket.energy + energy,
      readings: bucket.readings + 1,
      min: Math.min(bucket.min, energy),
      max: Math.max(bucket.max, energy),
    });
  }
  return [...found.values()];
}
