import type { LinkOutcome, LinkQuery, LinkRepository } from '#application/ports/link-repository';
import { linkInterval, type MeterLink, overlaps, sameLink } from '#domain/meter-link';
import type { EpochMillis } from '#domain/time/time';
import { contains, intersection, type TimeWindow } from '#domain/time/time-window';

/** Links in memory. Each call is one synchronous step, so no two can interleave. */
export class MemoryLinks implements LinkRepository {
  readonly #links = new Map<string, MeterLink>();

  async add(links: readonly MeterLink[]): Promise<readonly LinkOutcome[]> {
    return links.map((link) => {
      const known = this.#links.get(link.id);
      return known !== undefined && sameLink(known, link) ? { status: 'duplicate' } : this.#keep(link, known);
    });
  }

  async find(id: string): Promise<MeterLink | undefined> {
    return this.#links.get(id);
  }

  async list({ meterId, vehicleId, at, after, limit }: LinkQuery): Promise<readonly MeterLink[]> {
    return [...this.#links.values()]
      .filter((link) => meterId === undefined || link.meterId === meterId)
      .filter((link) => vehicleId === undefined || link.vehicleId === vehicleId)
      .filter((link) => at === undefined || contains(linkInterval(link), at))
      .filter((link) => after === undefined || link.id > after)
      .sort((a, b) => compare(a.id, b.id))
      .slice(0, limit);
  }

  async end(id: string, to: EpochMillis | null): Promise<LinkOutcome | undefined> {
    const link = this.#links.get(id);
    if (link === undefined) return undefined;
    return link.to === to ? { status: 'duplicate' } : this.#keep({ ...link, to });
  }

  async remove(id: string): Promise<boolean> {
    return this.#links.delete(id);
  }

  async during(window: TimeWindow, vehicleId?: string): Promise<readonly MeterLink[]> {
    return [...this.#links.values()]
      .filter((link) => vehicleId === undefined || link.vehicleId === vehicleId)
      .filter((link) => intersection(linkInterval(link), window) !== undefined)
      .sort((a, b) => compare(a.vehicleId, b.vehicleId) || a.from - b.from || compare(a.meterId, b.meterId));
  }

  /** Stores a link, replacing the one with its id. Refused when it overlaps another, or when `conflicting` is given. */
  #keep(link: MeterLink, conflicting?: MeterLink): LinkOutcome {
    const other = conflicting ?? [...this.#links.values()].find((one) => one.id !== link.id && overlaps(one, link));
    if (other !== undefined) return { status: 'overlap', with: other };
    this.#links.set(link.id, link);
    return { status: 'stored' };
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
