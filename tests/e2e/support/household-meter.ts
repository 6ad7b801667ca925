import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { DAY, type EpochMillis } from '#domain/time/time';

const CSV = resolve(import.meta.dirname, '../../../examples/data/household-meter-2007-02-01.csv');

/** A meter reading as sent to the engine. */
export interface SentMeterReading {
  readonly meterId: string;
  readonly kwhConsumedAc: number;
  readonly voltage: number;
  readonly timestamp: string;
}

/** Totals of the two days, as published by the data's authors. */
export const HOUSEHOLD_DAYS: readonly {
  readonly start: EpochMillis;
  readonly kwh: number;
  readonly readings: number;
}[] = [
  { start: Date.UTC(2007, 1, 1), kwh: 30.412675, readings: 1440 },
  { start: Date.UTC(2007, 1, 2), kwh: 27.795598, readings: 1440 },
];

const lines = readFileSync(CSV, 'utf8').trim().split('\n').slice(1);

/** The readings of both days in order, moved by whole days so that several replays can share a store. */
export function householdReadings(meterId: string, movedDays = 0): SentMeterReading[] {
  return lines.map((line) => {
    const [timestamp = '', kwh, voltage] = line.split(',');
    const moved = new Date(Date.parse(timestamp) + movedDays * DAY).toISOString();
    return { meterId, kwhConsumedAc: Number(kwh), voltage: Number(voltage), timestamp: moved };
  });
}
