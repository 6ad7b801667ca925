import type { EpochMillis, Millis } from './time/time.ts';
import { intersection, type TimeWindow } from './time/time-window.ts';

/** A link: the meter feeds the vehicle during `[from, to)`. */
export interface MeterLink {
  readonly id: string;
  readonly meterId: string;
  readonly vehicleId: string;
  readonly from: EpochMillis;
  /** `null` while the link has not ended. */
  readonly to: EpochMillis | null;
}

/**
 * The id of a link: its meter and its beginning. It is unique, because links of one meter that begin at the same time
 * would overlap.
 */
export function meterLinkId({ meterId, from }: Pick<MeterLink, 'meterId' | 'from'>): string {
  return `${meterId}@${from}`;
}

/** The range of strings in which exactly the ids of a meter's links lie: from `first` on, and before `end`. */
export function linkIdRange(meterId: string): { readonly first: string; readonly end: string } {
  return { first: `${meterId}@`, end: `${meterId}A` }; // A follows @, which no device id contains
}

/** The interval of a link; without an end it extends to `Infinity`. */
export function linkInterval({ from, to }: Pick<MeterLink, 'from' | 'to'>): TimeWindow {
  return { from, to: to ?? Infinity };
}

/** Whether two links are of one meter and overlap: its energy would count for two vehicles, or twice for one. */
export function overlaps(a: Omit<MeterLink, 'id'>, b: Omit<MeterLink, 'id'>): boolean {
  return a.meterId === b.meterId && intersection(linkInterval(a), linkInterval(b)) !== undefined;
}

export function sameLink(a: MeterLink, b: MeterLink): boolean {
  return a.id === b.id && a.vehicleId === b.vehicleId && a.to === b.to;
}

/** The part of a window in which a link assigns its meter's energy to a vehicle, exact to the millisecond. */
export interface LinkCut {
  readonly meterId: string;
  readonly during: TimeWindow;
  /**
   * Where the timestamps of its readings lie. A reading's energy is that of the interval which ends at its timestamp, so
   * the reading at the very moment of a change belongs to the link that ends then, if that has a part of the window.
   */
  readonly timestamps: TimeWindow;
}

/** Timestamps are whole milliseconds: a window that ends this much later contains its end. */
const INCLUDING_END: Millis = 1;

/** The ids of the links that begin at the moment when one of these ends: see `LinkCut.timestamps`. */
export function successorIds(links: readonly MeterLink[]): ReadonlySet<string> {
  return new Set(links.flatMap(({ meterId, to }) => (to === null ? [] : [meterLinkId({ meterId, from: to })])));
}

/**
 * The links cut to the window, in their order; links outside the window are left out. `successors` are the ids of those
 * that begin when another link of their meter ends.
 */
export function linkCuts(
  links: readonly MeterLink[],
  window: TimeWindow,
  successors: ReadonlySet<string> = new Set(),
): LinkCut[] {
  return links.flatMap((link) => {
    const interval = linkInterval(link);
    const during = intersection(interval, window);
    const from = interval.from + (successors.has(link.id) ? INCLUDING_END : 0);
    const timestamps = intersection({ from, to: interval.to + INCLUDING_END }, window);
    return during === undefined || timestamps === undefined ? [] : [{ meterId: link.meterId, during, timestamps }];
  });
}

/** Whether every moment of the window is within at least one of the links. */
export function cover(links: readonly MeterLink[], window: TimeWindow): boolean {
  let reached = window.from;
  for (const { from, to } of links.map(linkInterval).sort((a, b) => a.from - b.from)) {
    if (from > reached) break;
    reached = Math.max(reached, to);
  }
  return reached >= window.to;
}
