import { expect, it } from 'vitest';
import { createMemoryStore } from '#adapters/outbound/memory/memory-store';
import type { Retention } from '#application/ports/retention';
import { DropOldHistory } from '#application/upkeep/drop-old-history';
import { DAY, HOUR, MINUTE } from '#domain/time/time';
import { ManualClock } from '#tests/support/manual-clock';
import { aVehicleReading, START } from '#tests/support/readings';

it('history goes by whole hours when it has been kept for long enough', async () => {
  const { writer, cold, retention } = createMemoryStore();
  await writer.commit([0, 59, 60, 61].map((minute) => aVehicleReading({ timestamp: START + minute * MINUTE })));
  const clock = new ManualClock(START + 90 * DAY + 59 * MINUTE);
  const retain = new DropOldHistory(retention, clock, 90 * DAY);
  const left = async () => (await cold.history('vehicle', 'EV-1', { from: 0, to: START + DAY }, { limit: 9 })).length;

  await retain.drop();
  expect([await retention.horizon(), await left()]).toEqual([START, 4]);
  clock.advance(MINUTE);
  await retain.drop();
  expect([await retention.horizon(), await left()]).toEqual([START + HOUR, 2]);
});

it('history stays for ever unless something else is said', async () => {
  const { writer, retention } = createMemoryStore();
  await writer.commit([aVehicleReading()]);
  await new DropOldHistory(retention, new ManualClock(START + 9999 * DAY), undefined).drop();
  expect(await retention.horizon()).toBeUndefined();
});

it('nothing is dropped again that was dropped before', async () => {
  const { retention } = createMemoryStore();
  let drops = 0;
  const counting = {
    horizon: () => retention.horizon(),
    dropBefore: (before: number) => {
      drops++;
      return retention.dropBefore(before);
    },
  };
  const retain = new DropOldHistory(counting, new ManualClock(START + 90 * DAY), 90 * DAY);
  await retain.drop();
  await retain.drop();
  expect(drops).toBe(1);
});

it('nothing is dropped once the service stops, and what is being dropped is told', async () => {
  const { retention } = createMemoryStore();
  const stop = new AbortController();
  const told: unknown[] = [];
  const port: Retention = {
    horizon: () => retention.horizon(),
    dropBefore: async (before, signal) => {
      told.push(signal);
      return before;
    },
  };
  const retain = new DropOldHistory(port, new ManualClock(START + 90 * DAY), 90 * DAY);

  await retain.drop(stop.signal);
  stop.abort();
  await retain.drop(stop.signal);

  expect(told).toEqual([stop.signal]);
});
