import { linkInterval, type MeterLink, overlaps } from './meter-link.ts';
import { firstIndex } from './sorted.ts';
import type { EpochMillis } from './time/time.ts';
import { intersection, type TimeWindow } from './time/time-window.ts';

/**
 * Links of one meter in the order of time. They do not overlap, so only the neighbours of an interval can be in its way,
 * and a link is identified by its beginning.
 */
export class LinkTimeline {
  readonly #links: MeterLink[] = [];

  get links(): readonly MeterLink[] {
    return this.#links;
  }

  startingAt(time: EpochMillis): MeterLink | undefined {
    const link = this.#links[this.#firstFrom(time)];
    return link?.from === time ? link : undefined;
  }

  /** The first link in the way of this one, other than the one with its id. */
  overlapping(link: MeterLink): MeterLink | undefined {
    const at = this.#firstFrom(link.from);
    const [before, same, after] = [this.#links[at - 1], this.#links[at], this.#links[at + 1]];
    return [before, same, after].find((one) => one !== undefined && one.id !== link.id && overlaps(one, link));
  }

  /** Adds a link that no other overlaps, or replaces the one with its beginning. */
  put(link: MeterLink): void {
    const at = this.#firstFrom(link.from);
    this.#links.splice(at, this.#links[at]?.from === link.from ? 1 : 0, link);
  }

  delete(link: MeterLink): void {
    const at = this.#firstFrom(link.from);
    if (this.#links[at]?.from === link.from) this.#links.splice(at, 1);
  }

  /** The links that overlap the window. */
  during(window: TimeWindow): readonly MeterLink[] {
    const first = firstIndex(this.#links, ({ to }) => (to ?? Infinity) > window.from);
    const found = this.#links.slice(first, this.#firstFrom(window.to));
    return found.filter((link) => intersection(linkInterval(link), window) !== undefined);
  }

  /** The index of the first link that begins at this time or later. */
  #firstFrom(time: EpochMillis): number {
    return firstIndex(this.#links, ({ from }) => from >= time);
  }
}
