import type { Reading } from '#domain/reading/reading';
import { type EpochMillis, MINUTE } from '#domain/time/time';
import { aMeterReading, aVehicleReading } from '#testing/readings';

/** kWh by the minute. */
export type Minutes = readonly number[];

interface Devices {
  readonly meterId: string;
  readonly vehicleId: string;
}

/** Seconds of the minute at which the devices post. */
const [METER_PHASE, VEHICLE_PHASE] = [7_000, 41_000];

/** A reading of both devices in each minute; the last minutes end at `to`. */
export function minuteReadings(devices: Devices, to: EpochMillis, ac: Minutes, dc: Minutes): Reading[] {
  const timeOf = (minutes: Minutes, i: number, phase: number) => to - (minutes.length - i) * MINUTE + phase;
  return [
    ...ac.map((kwh, i) => aMeterReading({ deviceId: devices.meterId, timestamp: timeOf(ac, i, METER_PHASE), kwh })),
    ...dc.map((kwh, i) =>
      aVehicleReading({ deviceId: devices.vehicleId, timestamp: timeOf(dc, i, VEHICLE_PHASE), kwh }),
    ),
  ];
}

export const repeated = (minutes: number, kwh: (minute: number) => number): number[] =>
  Array.from({ length: minutes }, (_, i) => kwh(i));
export const flat = (minutes: number, kwh: number) => repeated(minutes, () => kwh);
export const idle = (minutes: number) => flat(minutes, 0);
export const times = (minutes: Minutes, by: number) => minutes.map((kwh) => kwh * by);
/** Power that varies a little from minute to minute, as it does in reality. */
export const noisy = (minutes: Minutes) => minutes.map((kwh, i) => kwh * (1 + 0.02 * Math.sin(i)));
export const ramp = (minutes: number, from = 0.02, step = 0.0002) => repeated(minutes, (i) => from + step * i);
/** Full power, then less and less. */
export const session = (minutes: number, kwh = 0.18) =>
  repeated(minutes, (i) => kwh * Math.min(1, Math.exp((0.6 * minutes - i) / (0.2 * minutes))));

/** What a device with a counter posts instead: what was counted since the last reset, every `minutesPerReset`. */
export function counted(kwh: Minutes, startKwh = 0, minutesPerReset = Infinity): number[] {
  let value = startKwh;
  return kwh.map((one, i) => {
    value = i > 0 && i % minutesPerReset === 0 ? one : value + one;
    return value;
  });
}
