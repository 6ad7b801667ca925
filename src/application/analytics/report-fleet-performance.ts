import { type EnergyBalance, energyBalance } from '#domain/efficiency/energy-balance';
import type { MilliwattHours } from '#domain/energy/energy';
import type { FleetTotals } from '#domain/reading/totals';
import type { StreamDefinition } from '#domain/streams/stream';
import { type Kind, kinds, streams } from '#domain/streams/streams';
import { ceilTo, floorTo, HOUR } from '#domain/time/time';
import { alignOutward, splitAt, type TimeWindow } from '#domain/time/time-window';
import { horizonWithin, type WithHorizon } from '../horizon.ts';
import type { TelemetryStore } from '../ports/telemetry-store.ts';

/** How much of the energy that the fleet drew arrived in its batteries. */
export interface FleetPerformance extends EnergyBalance, WithHorizon {
  /** The window used, aligned outward to whole minutes. */
  readonly window: TimeWindow;
  readonly readings: { readonly [K in keyof FleetTotals]: number };
  /**
   * The energy of streams that count neither as AC nor as DC, such as what solar inverters produced, by stream. It is in
   * no other number of this report. Empty when the engine has no such stream.
   */
  readonly other: Readonly<Partial<Record<Kind, MilliwattHours>>>;
}

/** Reports the efficiency of the whole fleet, over a window or hour by hour. Rejects like the store. */
export class ReportFleetPerformance {
  readonly #store: Pick<TelemetryStore, 'cold' | 'upkeep'>;
  readonly #lossThreshold: number;

  constructor(store: Pick<TelemetryStore, 'cold' | 'upkeep'>, lossThreshold: number) {
    this.#store = store;
    this.#lossThreshold = lossThreshold;
  }

  async report(requested: TimeWindow): Promise<FleetPerformance> {
    const { cold, upkeep } = this.#store;
    const window = alignOutward(requested);
    const [totals, horizon] = await Promise.all([cold.fleetTotals(window), horizonWithin(upkeep, window)]);
    return { ...this.#performance(window, totals), ...horizon };
  }

  /**
   * One report for each hour of the window that has readings, oldest first. The hours at the edges are cut to the window,
   * so that the reports add up to that of the whole window.
   */
  async reportByHour(requested: TimeWindow): Promise<readonly FleetPerformance[]> {
    const { cold } = this.#store;
    const { from, to } = alignOutward(requested);
    const whole = { from: Math.min(ceilTo(HOUR, from), to), to: Math.max(floorTo(HOUR, to), from) };
    const hasNoWholeHour = whole.from >= whole.to;
    const edges = hasNoWholeHour
      ? splitAt(HOUR, { from, to })
      : [
          { from, to: whole.from },
          { from: whole.to, to },
        ].filter((edge) => edge.from < edge.to);
    const [hours, ...cut] = await Promise.all([
      hasNoWholeHour ? [] : cold.fleetHours(whole),
      ...edges.map(async (window) => ({ window, totals: await cold.fleetTotals(window) })),
    ]);
    const inner = hours.map(({ hour, totals }) => ({ window: { from: hour, to: hour + HOUR }, totals }));
    return [...inner, ...cut.filter(({ totals }) => kinds.some((kind) => totals[kind].readings > 0))]
      .sort((a, b) => a.window.from - b.window.from)
      .map(({ window, totals }) => this.#performance(window, totals));
  }

  #performance(window: TimeWindow, totals: FleetTotals): FleetPerformance {
    return {
      window,
      ...energyBalance(fleetEnergy(totals, 'ac'), fleetEnergy(totals, 'dc'), this.#lossThreshold),
      readings: readingCounts(totals),
      other: otherEnergy(totals),
    };
  }
}

/** The energy of all streams on one side of the chargers. */
export function fleetEnergy(totals: FleetTotals, current: 'ac' | 'dc'): MilliwattHours {
  return kindsOf(current).reduce((sum, kind) => sum + totals[kind].energy, 0);
}

function otherEnergy(totals: FleetTotals): FleetPerformance['other'] {
  return Object.fromEntries(kindsOf('neither').map((kind) => [kind, totals[kind].energy]));
}

function kindsOf(current: StreamDefinition['current']): readonly Kind[] {
  const all: Readonly<Record<Kind, StreamDefinition>> = streams;
  return kinds.filter((kind) => all[kind].current === current);
}

function readingCounts(totals: FleetTotals): FleetPerformance['readings'] {
  return Object.fromEntries(kinds.map((kind) => [kind, totals[kind].readings])) as FleetPerformance['readings'];
}
