import type { FleetPerformance } from '#application/analytics/report-fleet-performance';
import type { VehiclePerformance } from '#application/analytics/report-vehicle-performance';
import type { Coverage } from '#domain/coverage/coverage';
import { kwhFromMilliwattHours, type MilliwattHours } from '#domain/energy/energy';
import type { WarningEvidence } from '#domain/loss-warning';
import { presentHorizon, presentWindow } from '../wire/window-presenter.ts';

function presentCoverage({ readings, expected, ratio }: Coverage): Coverage {
  return { readings, expected, ratio: rounded(ratio, 4) };
}

/** The balance of a vehicle and its meters, as losses and warnings show it. */
export function presentBalance(balance: PresentedBalance): Record<string, unknown> {
  const { ac, dc, dcWithoutAc, efficiency, coverage } = balance;
  return {
    acConsumedKwh: kwhFromMilliwattHours(ac),
    dcDeliveredKwh: kwhFromMilliwattHours(dc),
    ...presentDcWithoutAc(dcWithoutAc),
    efficiency: rounded(efficiency, 4),
    coverage: { vehicle: presentCoverage(coverage.vehicle), meters: presentCoverage(coverage.meters) },
  };
}

type PresentedBalance = Pick<WarningEvidence, 'ac' | 'dc' | 'dcWithoutAc' | 'efficiency' | 'coverage'>;

/** Shown only when there is some, which is rare. */
function presentDcWithoutAc(energy: MilliwattHours = 0): { dcWithoutAcKwh?: number } {
  return energy > 0 ? { dcWithoutAcKwh: kwhFromMilliwattHours(energy) } : {};
}

export function presentVehiclePerformance(performance: VehiclePerformance): Record<string, unknown> {
  const { vehicleId, acBasis, meters, lossWarning, lossThreshold, coverage, verdict, reasons, fleet } = performance;
  return {
    vehicleId,
    window: presentWindow(performance.window),
    acConsumedKwh: kwhFromMilliwattHours(performance.acConsumed),
    dcDeliveredKwh: kwhFromMilliwattHours(performance.dcDelivered),
    ...presentDcWithoutAc(performance.dcWithoutAc),
    lossKwh: kwhFromMilliwattHours(performance.loss),
    efficiency: roundedOrNull(performance.efficiency, 4),
    averageBatteryTemp: roundedOrNull(performance.averageBatteryTemp, 2),
    acBasis,
    meters,
    ...(fleet && {
      fleet: { acConsumedKwh: kwhFromMilliwattHours(fleet.ac), dcDeliveredKwh: kwhFromMilliwattHours(fleet.dc) },
    }),
    lossWarning,
    lossThreshold,
    coverage: {
      vehicle: presentCoverage(coverage.vehicle),
      meters: coverage.meters && presentCoverage(coverage.meters),
    },
    verdict,
    reasons,
    ...presentHorizon(performance),
  };
}

export function presentFleetPerformance(performance: FleetPerformance): Record<string, unknown> {
  const { window, ac, dc, loss, efficiency, lossWarning, lossThreshold, readings, other } = performance;
  return {
    window: presentWindow(window),
    acConsumedKwh: kwhFromMilliwattHours(ac),
    dcDeliveredKwh: kwhFromMilliwattHours(dc),
    lossKwh: kwhFromMilliwattHours(loss),
    efficiency: roundedOrNull(efficiency, 4),
    lossWarning,
    lossThreshold,
    readings,
    ...(Object.keys(other).length > 0 && { otherKwh: presentEnergies(other) }),
    ...presentHorizon(performance),
  };
}

function presentEnergies(energies: FleetPerformance['other']): Record<string, number> {
  return Object.fromEntries(Object.entries(energies).map(([kind, energy]) => [kind, kwhFromMilliwattHours(energy)]));
}

function rounded(value: number, decimals: number): number {
  const scale = 10 ** decimals;
  return Math.round(value * scale) / scale + 0; // + 0 turns -0 into 0
}

function roundedOrNull(value: number | null, decimals: number): number | null {
  return value === null ? null : rounded(value, decimals);
}
