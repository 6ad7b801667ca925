import type { EpochMillis } from './time/time.ts';
import { intersection, type TimeWindow } from './time/time-window.ts';

/** A meter feeds a vehicle during `[from, to)`. */
export interface MeterLink {
  readonly id: string;
  readonly meterId: string;
  readonly vehicleId: string;
  readonly from: EpochMillis;
  /** `null` while the link has not ended. */
  readonly to: EpochMillis | null;
}

/**
 * The id of a link: its meter and its beginning. No two links of one meter begin at the same time, for they would
 * overlap.
 */
export function meterLinkId({ meterId, from }: Pick<MeterLink, 'meterId' | 'from'>): string {
  return `${meterId}@${from}`;
}

/** The interval of a link; one that has not ended reaches to the end of time. */
export function linkInterval({ from, to }: Pick<MeterLink, 'from' | 'to'>): TimeWindow {
  return { from, to: to ?? Infinity };
}

/** Whether a meter would feed twice at once: two vehicles, or one vehicle counted twice. */
export function overlaps(a: Omit<MeterLink, 'id'>, b: Omit<MeterLink, 'id'>): boolean {
  return a.meterId === b.meterId && intersection(linkInterval(a), linkInterval(b)) !== undefined;
}

/** Whether two links say the same. */
export function sameLink(a: MeterLink, b: MeterLink): boolean {
  return a.id === b.id && a.vehicleId === b.vehicleId && a.to === b.to;
}

/** The part of a window in which a link gives a meter's energy to its vehicle, exact to the millisecond. */
export interface LinkCut {
  readonly meterId: string;
  readonly during: TimeWindow;
}

/** What the links have in common with the window, in the order of the links. */
export function linkCuts(links: readonly MeterLink[], window: TimeWindow): LinkCut[] {
  return links.flatMap((link) => {
    const during = intersection(linkInterval(link), window);
    return during === undefined ? [] : [{ meterId: link.meterId, during }];
  });
}

/** Whether every moment of the window lies in the interval of one of the links. */
export function cover(links: readonly MeterLink[], window: TimeWindow): boolean {
  let reached = window.from;
  for (const { from, to } of links.map(linkInterval).sort((a, b) => a.from - b.from)) {
    if (from > reached) break;
    reached = Math.max(reached, to);
  }
  return reached >= window.to;
}
