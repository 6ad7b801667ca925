import { type Coverage, coverage, expectedReadings } from '../coverage/coverage.ts';
import { cover, type LinkCut, linkCuts, type MeterLink } from '../meter-link.ts';
import type { DeviceTotals, StreamTotals } from '../reading/totals.ts';
import type { EpochMillis } from '../time/time.ts';
import type { TimeWindow } from '../time/time-window.ts';
import { type EnergyBalance, energyBalance } from './energy-balance.ts';

/** What a vehicle's linked meters drew against what the vehicle got, and what that rests on. */
export interface LinkedBalance extends EnergyBalance {
  readonly vehicleId: string;
  readonly window: TimeWindow;
  /** The links that meet the window, at least one. */
  readonly links: readonly MeterLink[];
  /** The vehicle's own totals in the whole window. */
  readonly vehicle: DeviceTotals;
  readonly coverage: { readonly vehicle: Coverage; readonly meters: Coverage };
  /** Whether some meter was linked at every moment of the window. */
  readonly covered: boolean;
}

/** What there is to know of one linked vehicle in a window. */
export interface LinkedTotals {
  readonly vehicleId: string;
  readonly window: TimeWindow;
  readonly links: readonly MeterLink[];
  readonly vehicle: DeviceTotals;
  /** The meter's totals in each of `linkCuts(links, window)`, in their order. */
  readonly meters: readonly StreamTotals[];
}

/** Sets AC against DC. A reading is expected of each meter in every minute of its cuts that has begun by `now`. */
export function linkedBalance(totals: LinkedTotals, now: EpochMillis, lossThreshold: number): LinkedBalance {
  const { vehicleId, window, links, vehicle, meters } = totals;
  const ac = meters.reduce((sum, { energy }) => sum + energy, 0);
  const readings = meters.reduce((sum, one) => sum + one.readings, 0);
  const expected = linkCuts(links, window).reduce((sum, { during }) => sum + expectedReadings(during, now), 0);
  return {
    ...energyBalance(ac, vehicle.energy, lossThreshold),
    vehicleId,
    window,
    links,
    vehicle,
    coverage: {
      vehicle: coverage(vehicle.readings, expectedReadings(window, now)),
      meters: coverage(readings, expected),
    },
    covered: cover(links, window),
  };
}

/** The meters of the links, each once, sorted. */
export function meterIds(links: readonly Pick<LinkCut, 'meterId'>[]): string[] {
  return [...new Set(links.map(({ meterId }) => meterId))].sort();
}
