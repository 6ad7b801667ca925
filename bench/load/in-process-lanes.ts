import type { MeterReading, Reading, VehicleReading } from '#domain/reading/reading';
import { VARIANTS } from './fleet.ts';
import { NO_ANSWER } from './http-connection.ts';
import type { Lane } from './lane.ts';
import { type BatchPlan, batchesPerRound, locate } from './request-pool.ts';

/** Callers in this process, to measure without HTTP. Readings are created before any measurement. */
export function inProcessLanes(
  plan: BatchPlan,
  count: number,
  commit: (readings: readonly Reading[], lane: number) => Promise<unknown>,
): Lane[] {
  const batches = readingPool(plan);
  return Array.from({ length: count }, (_, lane) => ({
    async send(number) {
      try {
        await commit(batches(number), lane);
        return 200;
      } catch {
        return NO_ANSWER;
      }
    },
    close: () => undefined,
  }));
}

function readingPool(plan: BatchPlan): (number: number) => Reading[] {
  const { fleet, size } = plan;
  const perRound = batchesPerRound(plan);
  const variants = Array.from({ length: VARIANTS }, (_, variant) =>
    Array.from({ length: fleet.devices }, (_, slot) => fleet.reading(variant, slot)),
  );
  return (number) => {
    const { round, slot } = locate(plan, number);
    const from = (number % perRound) * size;
    const readings = (variants[round % VARIANTS] ?? []).slice(from, from + size);
    return readings.map((reading, i) => withTimestamp(reading, fleet.timestamp(round, slot + i)));
  };
}

/** Field by field: a spread costs several times as much, and this runs while time is measured. */
function withTimestamp(reading: MeterReading | VehicleReading, timestamp: number): Reading {
  const { deviceId, energy } = reading;
  return reading.kind === 'meter'
    ? { kind: 'meter', deviceId, timestamp, energy, receivedAt: timestamp, voltage: reading.voltage }
    : {
        kind: 'vehicle',
        deviceId,
        timestamp,
        energy,
        receivedAt: timestamp,
        soc: reading.soc,
        batteryTemp: reading.batteryTemp,
      };
}
