import { addCoverages, type Coverage, deviceCoverage } from '../coverage/coverage.ts';
import type { MilliwattHours } from '../energy/energy.ts';
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
  /** The part of `dc` that arrived while the meters drew nothing, as far as it was looked for: not in loss and efficiency. */
  readonly dcWithoutAc: MilliwattHours;
  /** The minutes in which the meters drew energy, added up. */
  readonly activeMinutes: number;
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
    dcWithoutAc: 0,
    activeMinutes: drawn.reduce((sum, { totals }) => sum + totals.activeMinutes, 0),
    coverage: {
      vehicle: deviceCoverage(vehicle, window, now),
      meters: addCoverages(drawn.map(({ cut, totals }) => deviceCoverage(totals, cut.timestamps, now))),
    },
    covered: cover(links, window),
  };
}

/** How many more minutes than its meters a vehicle may have energy in, because clocks differ. */
const MAX_EXTRA_MINUTES = 2;

/** Whether DC may have arrived while the meters drew nothing: the vehicle had energy for longer than they did. */
export function mayChargeElsewhere({ vehicle, activeMinutes }: LinkedBalance): boolean {
  return vehicle.activeMinutes > activeMinutes + MAX_EXTRA_MINUTES;
}

/** The balance with that much DC left out of loss and efficiency, because it arrived elsewhere. `dc` stays all of it. */
export function withoutDcElsewhere(balance: LinkedBalance, dcWithoutAc: MilliwattHours): LinkedBalance {
  const { ac, dc, lossThreshold } = balance;
  return { ...balance, ...energyBalance(ac, dc - dcWithoutAc, lossThreshold), dc, dcWithoutAc };
}

/** The ids of the links' meters, sorted and without repetition. */
export function meterIds(links: readonly Pick<MeterLink, 'meterId'>[]): string[] {
  return [...new Set(links.map(({ meterId }) => meterId))].sort();
}
