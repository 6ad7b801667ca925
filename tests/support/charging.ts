import type { MeterReading, Reading, VehicleReading } from '#domain/reading/reading';
import { type EpochMillis, MINUTE, type Millis } from '#domain/time/time';
import { aMeterReading, aVehicleReading } from '#testing/readings';

/** What a meter and a vehicle do; times are real, not those of the devices' clocks. */
export interface Charging {
  readonly meterId: string;
  readonly vehicleId: string;
  readonly from: EpochMillis;
  readonly to: EpochMillis;
  /** Charging sessions: AC power in kW during each. */
  readonly sessions: readonly { readonly from: EpochMillis; readonly to: EpochMillis; readonly kw: number }[];
  /** DC / AC. */
  readonly efficiency?: number;
  /** How far each device's clock is ahead of the real time. */
  readonly clocks?: { readonly meter?: Millis; readonly vehicle?: Millis };
}

/** Seconds of the minute at which the devices post. */
const [METER_PHASE, VEHICLE_PHASE] = [7_000, 41_000];

/** A reading per minute of both devices, received in real time; as in reality, power varies a little between minutes. */
export function charging(given: Charging): { meter: MeterReading[]; vehicle: VehicleReading[]; all: Reading[] } {
  const { meterId, vehicleId, from, to, sessions, efficiency = 0.9, clocks = {} } = given;
  const meter: MeterReading[] = [];
  const vehicle: VehicleReading[] = [];
  for (let at = from; at < to; at += MINUTE) {
    const session = sessions.find((one) => one.from <= at && at < one.to);
    const kwh = session === undefined ? 0 : (session.kw / 60) * (1 + 0.02 * Math.sin(at / MINUTE));
    const [metered, delivered] = [at + METER_PHASE, at + VEHICLE_PHASE];
    const [meterClock, vehicleClock] = [metered + (clocks.meter ?? 0), delivered + (clocks.vehicle ?? 0)];
    meter.push(aMeterReading({ deviceId: meterId, timestamp: meterClock, receivedAt: metered, kwh }));
    vehicle.push(
      aVehicleReading({
        deviceId: vehicleId,
        timestamp: vehicleClock,
        receivedAt: delivered,
        kwh: kwh * efficiency,
      }),
    );
  }
  return { meter, vehicle, all: [...meter, ...vehicle] };
}

/** The same readings, with a running counter instead of the energy since the previous reading. */
export function asRegister<R extends Reading>(readings: readonly R[], startKwh: number): R[] {
  let energy = startKwh * 1_000_000;
  return readings.map((reading) => {
    energy += reading.energy;
    return { ...reading, energy };
  });
}
