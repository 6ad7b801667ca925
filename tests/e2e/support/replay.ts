import fc from 'fast-check';
import { expect } from 'vitest';
import { DAY } from '#domain/time/time';
import { HOUSEHOLD_DAYS, householdReadings, type SentMeterReading } from './household-meter.ts';

/** Sends a request: over a socket with `fetch`, or straight into the app with `app.request`. */
export type Send = (path: string, init?: RequestInit) => Response | Promise<Response>;

/** How readings are sent. */
export interface Manner {
  /** Readings per request; 1 sends single readings rather than batches. */
  readonly size: number;
  /** Concurrent requests. */
  readonly clients?: number;
  /** How often everything is sent. */
  readonly times?: number;
  /** Seed of a random order, different for each time; without it, chronological order. */
  readonly seed?: number;
  /** Moves the readings by this many days, so that each replay into one store has its own pair of days. */
  readonly movedDays?: number;
}

/**
 * Sends the household's two days in the given manner and expects that every reading was stored once, that each day's
 * energy is exact, and that the live state is the newest reading.
 */
export async function expectExactReplay(send: Send, manner: Manner): Promise<void> {
  const { size, clients = 1, times = 1, seed, movedDays = 0 } = manner;
  const meterId = `household-${movedDays}`;
  const readings = householdReadings(meterId, movedDays);
  const passes = Array.from({ length: times }, (_, pass) =>
    seed === undefined ? readings : shuffled(readings, seed + pass),
  );
  const queue = cut(passes.flat(), size);

  const count = { stored: 0, duplicates: 0 };
  await Promise.all(
    Array.from({ length: clients }, async () => {
      for (let batch = queue.shift(); batch !== undefined; batch = queue.shift()) {
        const { stored, duplicates } = await post(send, batch);
        count.stored += stored;
        count.duplicates += duplicates;
      }
    }),
  );

  expect(count).toEqual({ stored: readings.length, duplicates: readings.length * (times - 1) });
  expect(await days(send, movedDays)).toEqual(HOUSEHOLD_DAYS.map(({ kwh, readings }) => ({ kwh, readings })));
  const live = (await (await send(`/v1/meters/${meterId}/live`)).json()) as SentMeterReading;
  expect(live).toMatchObject({ ...readings.at(-1) });
}

async function post(send: Send, batch: readonly SentMeterReading[]): Promise<{ stored: number; duplicates: number }> {
  const single = batch.length === 1;
  const response = await send('/v1/ingest', {
    method: 'POST',
    headers: { 'content-type': single ? 'application/json' : 'application/x-ndjson' },
    body: batch.map((reading) => JSON.stringify(reading)).join('\n'),
  });
  const answer = (await response.json()) as { status?: string; stored: number; duplicates: number };
  if (response.status === 201) return { stored: 1, duplicates: 0 };
  if (response.status !== 200) throw new Error(`${response.status} ${JSON.stringify(answer).slice(0, 500)}`);
  return single ? { stored: 0, duplicates: 1 } : answer;
}

async function days(send: Send, movedDays: number): Promise<unknown[]> {
  return Promise.all(
    HOUSEHOLD_DAYS.map(async ({ start }) => {
      const [from, to] = [start + movedDays * DAY, start + (movedDays + 1) * DAY].map((t) => new Date(t).toISOString());
      const response = await send(`/v1/analytics/fleet?from=${from}&to=${to}`);
      const fleet = (await response.json()) as { acConsumedKwh: number; readings: { meter: number } };
      return { kwh: fleet.acConsumedKwh, readings: fleet.readings.meter };
    }),
  );
}

function shuffled<T>(list: readonly T[], seed: number): T[] {
  const orders = fc.shuffledSubarray([...list], { minLength: list.length });
  return fc.sample(orders, { seed, numRuns: 1 })[0] as T[];
}

function cut<T>(list: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, i) => list.slice(i * size, (i + 1) * size));
}
