import { expect, it } from 'vitest';
import { createMemoryStore } from '#adapters/outbound/memory/memory-store';
import type { Retention } from '#application/ports/retention';
import { DropOldHistory } from '#application/upkeep/drop-old-history';
import { DAY, HOUR, MINUTE } from '#domain/time/time';
import { ManualClock } from '#testing/manual-clock';
import { aVehicleReading, START } from '#testing/readings';

it('drops history in whole hours once it is old enough', async () => {
  const { writer, cold, upkeep } = createMemoryStore();
  await writer.commit([0, 59, 60, 61].map((minute) => aVehicleReading({ timestamp: START + minute * MINUTE })));
  const clock = new ManualClock(START + 90 * DAY + 59 * MINUTE);
  const dropOldHistory = new DropOldHistory(upkeep, clock, 90 * DAY);
  const left = async () => (await cold.history('vehicle', 'EV-1', { from: 0, to: START + DAY }, { limit: 9 })).length;

  await dropOldHistory.drop();
  expect([await upkeep.retention.horizon(), await left()]).toEqual([START, 4]);
  clock.advance(MINUTE);
  await dropOldHistory.drop();
  expect([await upkeep.retention.horizon(), await left()]).toEqual([START + HOUR, 2]);
});

it('keeps history forever without a retention time', async () => {
  const { writer, upkeep } = createMemoryStore();
  await writer.commit([aVehicleReading()]);
  await new DropOldHistory(upkeep, new ManualClock(START + 9999 * DAY), undefined).drop();
  expect(await upkeep.retention.horizon()).toBeUndefined();
});

it('drops a day in one run at most when it has dropped before', async () => {
  const { upkeep } = createMemoryStore();
  const clock = new ManualClock(START + 90 * DAY);
  const dropOldHistory = new DropOldHistory(upkeep, clock, 90 * DAY);
  await dropOldHistory.drop();
  clock.advance(400 * DAY);
  await dropOldHistory.drop();
  expect(await upkeep.retention.horizon()).toBe(START + DAY);
  await dropOldHistory.drop();
  expect(await upkeep.retention.horizon()).toBe(START + 2 * DAY);
});

it('drops nothing twice', async () => {
  const { retention } = createMemoryStore().upkeep;
  let drops = 0;
  const counting = {
    horizon: () => retention.horizon(),
    moveBack: (to: number) => retention.moveBack(to),
    dropBefore: (before: number) => {
      drops++;
      return retention.dropBefore(before);
    },
  };
  const dropOldHistory = new DropOldHistory({ retention: counting }, new ManualClock(START + 90 * DAY), 90 * DAY);
  await dropOldHistory.drop();
  await dropOldHistory.drop();
  expect(drops).toBe(1);
});

it('drops nothing once the service stops, and passes the signal on', async () => {
  const { retention } = createMemoryStore().upkeep;
  const stop = new AbortController();
  const signals: unknown[] = [];
  const port: Retention = {
    horizon: () => retention.horizon(),
    moveBack: (to: number) => retention.moveBack(to),
    dropBefore: async (before, signal) => {
      signals.push(signal);
      return before;
    },
  };
  const dropOldHistory = new DropOldHistory({ retention: port }, new ManualClock(START + 90 * DAY), 90 * DAY);

  await dropOldHistory.drop(stop.signal);
  stop.abort();
  await dropOldHistory.drop(stop.signal);

  expect(signals).toEqual([stop.signal]);
});

it('refuses a retention time on a store that never drops history', () => {
  const clock = new ManualClock(START);
  expect(() => new DropOldHistory({}, clock, 90 * DAY)).toThrow('EIE_RETENTION is set, but this store never drops');
  expect(() => new DropOldHistory({}, clock, undefined)).not.toThrow();
});
