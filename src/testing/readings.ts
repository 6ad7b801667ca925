import { milliwattHoursFromKwh } from '#domain/energy/energy';
import type { MeterReading, VehicleReading } from '#domain/reading/reading';

/** A whole hour in the past, from which most tests start. */
export const START = Date.UTC(2026, 0, 15, 12);

type Given<R> = Partial<Omit<R, 'kind' | 'energy'>> & { kwh?: number };

export function aMeterReading({ kwh = 0.1, ...given }: Given<MeterReading> = {}): MeterReading {
  const timestamp = given.timestamp ?? START;
  return {
    kind: 'meter',
    deviceId: 'M-1',
    timestamp,
    energy: milliwattHoursFromKwh(kwh),
    receivedAt: timestamp + 250,
    voltage: 230.5,
    ...given,
  };
}

export function aVehicleReading({ kwh = 0.08, ...given }: Given<VehicleReading> = {}): VehicleReading {
  const timestamp = given.timestamp ?? START;
  return {
    kind: 'vehicle',
    deviceId: 'EV-1',
    timestamp,
    energy: milliwattHoursFromKwh(kwh),
    receivedAt: timestamp + 250,
    soc: 50,
    batteryTemp: 25,
    ...given,
  };
}
