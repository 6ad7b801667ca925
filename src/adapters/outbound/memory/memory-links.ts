import type { LinkOutcome, LinkQuery, LinkRepository } from '#application/ports/link-repository';
import { LinkTimeline } from '#domain/link-timeline';
import { linkInterval, type MeterLink, sameLink } from '#domain/meter-link';
import type { EpochMillis } from '#domain/time/time';
import { contains, type TimeWindow } from '#domain/time/time-window';
import { OrderedIds } from './ordered-ids.ts';

/** Timelines by meter. */
type Timelines = Map<string, LinkTimeline>;

/** Links in memory. Each call is one synchronous step, so no two can interleave. */
export class MemoryLinks implements LinkRepository {
  readonly #links = new Map<string, MeterLink>();
  readonly #ids = new OrderedIds();
  readonly #byMeter: Timelines = new Map();
  readonly #byVehicle = new Map<string, Timelines>();

  async add(links: readonly MeterLink[]): Promise<readonly LinkOutcome[]> {
    return links.map((link) => {
      const known = this.#links.get(link.id);
      if (known === undefined) return this.#keep(link);
      return sameLink(known, link) ? { status: 'duplicate' } : { status: 'overlap', with: known };
    });
  }

  async find(id: string): Promise<MeterLink | undefined> {
    return this.#links.get(id);
  }

  async list({ meterId, vehicleId, at, after = '', limit }: LinkQuery): Promise<readonly MeterLink[]> {
    const found: MeterLink[] = [];
    for (const link of this.#after(after, meterId, vehicleId)) {
      if (meterId !== undefined && link.meterId !== meterId) continue;
      if (at !== undefined && !contains(linkInterval(link), at)) continue;
      found.push(link);
      if (found.length === limit) break;
    }
    return found;
  }

  async end(id: string, to: EpochMillis | null): Promise<LinkOutcome | undefined> {
    const link = this.#links.get(id);
    if (link === undefined) return undefined;
    return link.to === to ? { status: 'duplicate' } : this.#keep({ ...link, to });
  }

  async remove(id: string): Promise<boolean> {
    const link = this.#links.get(id);
    if (link === undefined) return false;
    this.#links.delete(id);
    this.#ids.delete(id);
    for (const timeline of this.#timelinesOf(link)) timeline.delete(link);
    return true;
  }

  async during(window: TimeWindow, vehicleId?: string): Promise<readonly MeterLink[]> {
    const timelines = vehicleId === undefined ? this.#byMeter : this.#byVehicle.get(vehicleId);
    return [...(timelines?.values() ?? [])]
      .flatMap((timeline) => timeline.during(window))
      .sort((a, b) => compare(a.vehicleId, b.vehicleId) || a.from - b.from || compare(a.meterId, b.meterId));
  }

  /** The links with ids after this one, in the order of ids: of the vehicle, else of the meter, else all. */
  *#after(after: string, meterId: string | undefined, vehicleId: string | undefined): Iterable<MeterLink> {
    if (meterId === undefined && vehicleId === undefined) {
      for (const id of this.#ids.after(after)) yield this.#links.get(id) as MeterLink;
      return;
    }
    const timelines =
      vehicleId === undefined ? [this.#byMeter.get(meterId as string)] : this.#byVehicle.get(vehicleId)?.values();
    const links = [...(timelines ?? [])].flatMap((timeline) => timeline?.links ?? []);
    yield* links.filter(({ id }) => id > after).sort((a, b) => compare(a.id, b.id));
  }

  /** Stores a link, replacing the one with its id, unless it overlaps another. */
  #keep(link: MeterLink): LinkOutcome {
    const timelines = this.#timelinesOf(link);
    const other = timelines[0].overlapping(link);
    if (other !== undefined) return { status: 'overlap', with: other };
    if (!this.#links.has(link.id)) this.#ids.add(link.id);
    this.#links.set(link.id, link);
    for (const timeline of timelines) timeline.put(link);
    return { status: 'stored' };
  }

  /** All links of the meter, and those of them that feed the vehicle. */
  #timelinesOf({ meterId, vehicleId }: MeterLink): readonly [LinkTimeline, LinkTimeline] {
    const ofVehicle = found(this.#byVehicle, vehicleId, (): Timelines => new Map());
    return [found(this.#byMeter, meterId, newTimeline), found(ofVehicle, meterId, newTimeline)];
  }
}

const newTimeline = () => new LinkTimeline();

/** The value of a key, made when it is missing. */
function found<V>(map: Map<string, V>, key: string, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
