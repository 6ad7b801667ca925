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

/** The part common to two windows, or `undefined` when they do not overlap. */
export function intersection(a: TimeWindow, b: TimeWindow): TimeWindow | undefined {
  const from = Math.max(a.from, b.from);
  const to = Math.min(a.to, b.to);
  return from < to ? { from, to } : undefined;
}

export function contains({ from, to }: TimeWindow, time: EpochMillis): boolean {
  return from <= time && time < to;
}

const UNITS: Readonly<Record<string, Millis>> = { m: MINUTE, h: HOUR, d: DAY };

/** Parses `15m`, `24h` or `30d`; `undefined` for anything else, including zero. */
export function parseDuration(text: string): Millis | undefined {
  const match = /^([1-9]\d{0,5})([mhd])$/.exec(text);
  const unit = UNITS[match?.[2] ?? ''];
  return match && unit ? Number(match[1]) * unit : undefined;
}

/** The window cut at every multiple of `width`, in order: whole buckets, and at either end possibly a part of one. */
export function splitAt(width: Millis, { from, to }: TimeWindow): TimeWindow[] {
  const parts: TimeWindow[] = [];
  for (let start = from; start < to; ) {
    const end = Math.min(floorTo(width, start) + width, to);
    parts.push({ from: start, to: end });
    start = end;
  }
  return parts;
}
