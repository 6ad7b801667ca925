import { type LinkedBalance, linkedBalance } from '#domain/efficiency/linked-balance';
import { type LinkCut, linkCuts } from '#domain/meter-link';
import { type DeviceTotals, noDeviceTotals, type StreamTotals } from '#domain/reading/totals';
import type { TimeWindow } from '#domain/time/time-window';
import { mapBounded } from '../map-bounded.ts';
import type { Clock } from '../ports/clock.ts';
import type { TelemetryStore } from '../ports/telemetry-store.ts';
import { yieldToEventLoop } from '../yield-to-event-loop.ts';

/** Queries under way at once for links that hold for a part of the window only. */
const PARTIAL_QUERIES = 8;
/** Vehicles between which others have their turn: a millisecond or two. */
const VEHICLES_PER_TURN = 500;

/**
 * Sets the AC of linked meters against the DC of their vehicles, for the whole fleet at once. The window must consist of
 * whole hours. Every stream is summed once, whatever the number of vehicles; a meter whose link does not hold for the
 * whole window costs a query of its own.
 */
export class LinkedBalances {
  readonly #store: Pick<TelemetryStore, 'cold' | 'links'>;
  readonly #clock: Clock;
  readonly #lossThreshold: number;

  constructor(store: Pick<TelemetryStore, 'cold' | 'links'>, clock: Clock, lossThreshold: number) {
    this.#store = store;
    this.#clock = clock;
    this.#lossThreshold = lossThreshold;
  }

  /** One balance for each vehicle that has a link in the window, in the order of their ids. */
  async over(window: TimeWindow): Promise<readonly LinkedBalance[]> {
    const links = await this.#store.links.during(window);
    if (links.length === 0) return [];
    // One after the other: each may keep a core of the store busy, and commits need one as well.
    const vehicles = await this.#store.cold.totalsByDevice('vehicle', window);
    const meters = await this.#store.cold.totalsByDevice('meter', window);
    const cuts = linkCuts(links, window);
    await yieldToEventLoop();
    const partial = await this.#partialTotals(cuts.filter((cut) => !isWhole(cut, window) && meters.has(cut.meterId)));
    const drawn = (cut: LinkCut): StreamTotals =>
      (isWhole(cut, window) ? meters.get(cut.meterId) : partial.get(keyOf(cut))) ?? noDeviceTotals('meter');

    const now = this.#clock.now();
    const balances: LinkedBalance[] = [];
    for (const [vehicleId, own] of Map.groupBy(links, (link) => link.vehicleId)) {
      const vehicle = vehicles.get(vehicleId) ?? noDeviceTotals('vehicle');
      const totals = { vehicleId, window, links: own, vehicle, meters: linkCuts(own, window).map(drawn) };
      balances.push(linkedBalance(totals, now, this.#lossThreshold));
      if (balances.length % VEHICLES_PER_TURN === 0) await yieldToEventLoop();
    }
    return balances;
  }

  async #partialTotals(cuts: readonly LinkCut[]): Promise<ReadonlyMap<string, DeviceTotals>> {
    const totals = await mapBounded(PARTIAL_QUERIES, cuts, async (cut) => {
      return [keyOf(cut), await this.#store.cold.deviceTotals('meter', cut.meterId, cut.during)] as const;
    });
    return new Map(totals);
  }
}

function isWhole({ during }: LinkCut, { from, to }: TimeWindow): boolean {
  return during.from === from && during.to === to;
}

/** A meter's links never overlap: where a cut begins tells it from the meter's others. */
function keyOf({ meterId, during }: LinkCut): string {
  return `${meterId} ${during.from}`;
}
