import { addCoverages, type Coverage, deviceCoverage } from '../coverage/coverage.ts';
import type { MilliwattHours } from '../energy/energy.ts';
import { cover, type LinkCut, type MeterLink } from '../meter-link.ts';
import { addDeviceTotals, type DeviceTotals, noDeviceTotals } from '../reading/totals.ts';
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
  /** The totals of the meters while linked. */
  readonly meters: DeviceTotals;
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
  const meters = drawn.map(({ totals }) => totals).reduce(addDeviceTotals, noDeviceTotals('meter'));
  return {
    ...energyBalance(meters.energy, vehicle.energy, lossThreshold),
    vehicleId,
    window,
    links,
    vehicle,
    meters,
    coverage: {
      vehicle: deviceCoverage(vehicle, window, now),
      meters: addCoverages(drawn.map(({ cut, totals }) => deviceCoverage(totals, cut.timestamps, now))),
    },
    covered: cover(links, window),
  };
}

/** Whether DC flowed in more minutes than AC: some of it came from elsewhere, or the data is at fault. */
export function countsMoreDc({ vehicle, meters }: Pick<LinkedBalance, 'vehicle' | 'meters'>): boolean {
  return vehicle.activeMinutes > meters.activeMinutes;
}

/** The balance with DC from elsewhere kept out of loss and efficiency. */
export function withDcWithoutAc<B extends LinkedBalance>(balance: B, dcWithoutAc: MilliwattHours): B {
  return { ...balance, ...energyBalance(balance.ac, balance.dc, balance.lossThreshold, dcWithoutAc) };
}

/** The ids of the links' meters, sorted and without repetition. */
export function meterIds(links: readonly Pick<MeterLink, 'meterId'>[]): string[] {
  return [...new Set(links.map(({ meterId }) => meterId))].sort();
}
