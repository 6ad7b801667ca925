import { addCoverages, type Coverage, deviceCoverage } from '../coverage/coverage.ts';
import { cover, type LinkCut, type MeterLink } from '../meter-link.ts';
import type { DeviceTotals } from '../reading/totals.ts';
import type { EpochMillis } from '../time/time.ts';
import type { TimeWindow } from '../time/time-window.ts';
import { type EnergyBalance, energyBalance } from './energy-balance.ts';

/** What a vehicle's linked meters drew and what the vehicle received, with the evidence behind it. */
export interface LinkedBalance extends EnergyBalance {
  readonly vehicleId: string;
  readonly window: TimeWindow;
  /** The links that overlap the window, at least one. */
  readonly links: readonly MeterLink[];
  /** The vehicle's own totals in the whole window. */
  readonly vehicle: DeviceTotals;
  readonly coverage: { readonly vehicle: Coverage; readonly meters: Coverage };
  /** Whether at least one meter was linked at every moment of the window. */
  readonly covered: boolean;
}

/** A link cut to the window, and the totals of its meter in it. */
export interface MeterDraw {
  readonly cut: LinkCut;
  readonly totals: DeviceTotals;
}

/** Everything stored about one linked vehicle in a window. */
export interface LinkedTotals {
  readonly vehicleId: string;
  readonly window: TimeWindow;
  readonly links: readonly MeterLink[];
  readonly vehicle: DeviceTotals;
  /** One for each of `linkCuts(links, window)`. */
  readonly drawn: readonly MeterDraw[];
}

/**
 * Balances AC and DC. Each meter is expected to report in every minute of its cuts that has begun by `now`; one that
 * reports more often does not make up for one that is silent.
 */
export function linkedBalance(totals: LinkedTotals, now: EpochMillis, lossThreshold: number): LinkedBalance {
  const { vehicleId, window, links, vehicle, drawn } = totals;
  const ac = drawn.reduce((sum, { totals }) => sum + totals.energy, 0);
  return {
    ...energyBalance(ac, vehicle.energy, lossThreshold),
    vehicleId,
    window,
    links,
    vehicle,
    coverage: {
      vehicle: deviceCoverage(vehicle, window, now),
      meters: addCoverages(drawn.map(({ cut, totals }) => deviceCoverage(totals, cut.timestamps, now))),
    },
    covered: cover(links, window),
  };
}

/** The ids of the links' meters, sorted and without repetition. */
export function meterIds(links: readonly Pick<MeterLink, 'meterId'>[]): string[] {
  return [...new Set(links.map(({ meterId }) => meterId))].sort();
}
