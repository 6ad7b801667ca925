import { type LinkedBalance, linkedBalance } from '#domain/efficiency/linked-balance';
import { type LinkCut, linkCuts, successorIds } from '#domain/meter-link';
import { type DeviceTotals, noDeviceTotals } from '#domain/reading/totals';
import type { TimeWindow } from '#domain/time/time-window';
import { mapBounded } from '../map-bounded.ts';
import type { Clock } from '../ports/clock.ts';
import type { EngineStore } from '../ports/engine-store.ts';
import { yieldToEventLoop } from '../yield-to-event-loop.ts';

/** Concurrent queries for links that hold for a part of the window only. */
const MAX_PARTIAL_QUERIES = 8;
/** Vehicles balanced before yielding to the event loop: a millisecond or two. */
const VEHICLES_PER_YIELD = 500;

type Ports = Pick<EngineStore, 'cold' | 'links'>;

/**
 * Balances the AC of linked meters against the DC of their vehicles, for the whole fleet at once. Every stream is
 * summed once, whatever the number of vehicles; each link that holds for only a part of the window costs a query.
 */
export class LinkedBalances {
  readonly #store: Ports;
  readonly #clock: Clock;
  readonly #lossThreshold: number;

  constructor(store: Ports, clock: Clock, lossThreshold: number) {
    this.#store = store;
    this.#clock = clock;
    this.#lossThreshold = lossThreshold;
  }

  /**
   * Returns one balance for each vehicle with a link in the window, in the order of their ids. The window must consist
   * of whole hours. Rejects like the store.
   */
  async compute(window: TimeWindow): Promise<readonly LinkedBalance[]> {
    // Those that end with the hour before are not linked in the window, but the readings of that moment are theirs.
    const all = await this.#store.links.during({ from: window.from - 1, to: window.to });
    const links = all.filter(({ to }) => to === null || to > window.from);
    if (links.length === 0) return [];
    const successors = successorIds(all);
    // One after the other: each may keep a core of the store busy, and commits need one as well.
    const vehicles = await this.#store.cold.totalsByDevice('vehicle', window);
    const meters = await this.#store.cold.totalsByDevice('meter', window);
    const linked = [...Map.groupBy(links, (link) => link.vehicleId)].map(([vehicleId, own]) => {
      return { vehicleId, links: own, cuts: linkCuts(own, window, successors) };
    });
    await yieldToEventLoop();
    const isPartial = ({ meterId, timestamps: { from, to } }: LinkCut) =>
      meters.has(meterId) && (from !== window.from || to !== window.to);
    const partial = await this.#totalsOf(linked.flatMap(({ cuts }) => cuts.filter(isPartial)));

    const now = this.#clock.now();
    const balances: LinkedBalance[] = [];
    for (const { vehicleId, links, cuts } of linked) {
      const vehicle = vehicles.get(vehicleId) ?? noDeviceTotals('vehicle');
      const drawn = cuts.map((cut) => {
        return { cut, totals: partial.get(cut) ?? meters.get(cut.meterId) ?? noDeviceTotals('meter') };
      });
      balances.push(linkedBalance({ vehicleId, window, links, vehicle, drawn }, now, this.#lossThreshold));
      if (balances.length % VEHICLES_PER_YIELD === 0) await yieldToEventLoop();
    }
    return balances;
  }

  async #totalsOf(cuts: readonly LinkCut[]): Promise<ReadonlyMap<LinkCut, DeviceTotals>> {
    const totals = await mapBounded(MAX_PARTIAL_QUERIES, cuts, async (cut) => {
      return [cut, await this.#store.cold.deviceTotals('meter', cut.meterId, cut.timestamps)] as const;
    });
    return new Map(totals);
  }
}
