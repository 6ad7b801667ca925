import { ceilTo, DAY, type EpochMillis, floorTo, HOUR, MINUTE, type Millis } from './time.ts';

/** A half-open interval `[from, to)`. */
export interface TimeWindow {
  readonly from: EpochMillis;
  readonly to: EpochMillis;
}

/** The smallest window of whole buckets of `width` that contains this one. */
export function alignOutward({ from, to }: TimeWindow, width: Millis = MINUTE): TimeWindow {
  return { from: floorTo(width, from), to: ceilTo(width, to) };
}

/** What two windows have in common, or `undefined` when that is nothing. */
export function intersection(a: TimeWindow, b: TimeWindow): TimeWindow | undefined {
  const from = Math.max(a.from, b.from);
  const to = Math.min(a.to, b.to);
  return from < to ? { from, to } : undefined;
}

export function contains({ from, to }: TimeWindow, time: EpochMillis): boolean {
  return from <= time && time < to;
}

const UNITS: Readonly<Record<string, Millis>> = { m: MINUTE, h: HOUR, d: DAY };

/** Reads `15m`, `24h`, `30d`; `undefined` for anything else, zero included. */
export function parseDuration(text: string): Millis | undefined {
  const match = /^([1-9]\d{0,5})([mhd])$/.exec(text);
  const unit = UNITS[match?.[2] ?? ''];
  return match && unit ? Number(match[1]) * unit : undefined;
}

/** The window cut at every boundary of `width`, in order: raw edges first and last, whole buckets between. */
export function splitAt(width: Millis, { from, to }: TimeWindow): TimeWindow[] {
  const parts: TimeWindow[] = [];
  for (let start = from; start < to; ) {
    const end = Math.min(floorTo(width, start) + width, to);
    parts.push({ from: start, to: end });
    start = end;
  }
  return parts;
}
