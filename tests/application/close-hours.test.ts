import { describe, expect, it } from 'vitest';
import { openSqliteStore } from '#adapters/outbound/sqlite/sqlite-store';
import { StoreUnavailableError } from '#application/errors';
import type { HourRollups, StreamHour } from '#application/ports/hour-rollups';
import { CloseHours } from '#application/upkeep/close-hours';
import { HOUR, MINUTE } from '#domain/time/time';
import { ManualClock } from '#testing/manual-clock';
import { aVehicleReading, START } from '#testing/readings';
import { temporaryDirectory } from '#tests/support/temporary-directory';

const hours: StreamHour[] = [0, 1, 2].map((n) => ({ kind: 'vehicle', hour: START + n * HOUR }));

/** Rollups that record what is closed, and fail for some hours. */
function rollups(failing: ReadonlyMap<number, Error> = new Map()) {
  const closed: number[] = [];
  const asked: number[] = [];
  const port: HourRollups = {
    unclosed: async (before) => {
      asked.push(before);
      return hours.filter(({ hour }) => hour < before);
    },
    close: async ({ hour }) => {
      const failure = failing.get(hour);
      if (failure) throw failure;
      closed.push(hour);
    },
    closed: async () => undefined,
    recount: async () => new Map(),
  };
  return { port, closed, asked };
}

describe('closing hours', () => {
  it('closes hours once, a little after their end', async () => {
    const store = await openSqliteStore({ directory: temporaryDirectory() });
    await store.writer.commit(hours.map(({ hour }) => aVehicleReading({ timestamp: hour })));
    const clock = new ManualClock(START + 3 * HOUR + 2 * MINUTE - 1);
    const closeHours = new CloseHours(store.upkeep, clock);

    expect(await closeHours.close()).toBe(2);
    expect(await closeHours.close()).toBe(0);
    clock.advance(1);
    expect(await closeHours.close()).toBe(1);
    await store.writer.commit([aVehicleReading({ timestamp: START + 1 })]);
    expect(await closeHours.close()).toBe(1);
    await store.close();
  });

  it('does nothing on a store without hourly sums', async () => {
    expect(await new CloseHours({}, new ManualClock(START + 9 * HOUR)).close()).toBe(0);
  });

  it('goes on after an hour that cannot be closed, and reports it at the end', async () => {
    const { port, closed } = rollups(new Map([[START, new Error('broken')]]));
    const closeHours = new CloseHours({ rollups: port }, new ManualClock(START + 9 * HOUR));

    await expect(closeHours.close()).rejects.toThrow('1 of 3 hours could not be closed');
    expect(closed).toEqual([START + HOUR, START + 2 * HOUR]);
  });

  it('stops at once when the store does not answer', async () => {
    const { port, closed } = rollups(new Map([[START + HOUR, new StoreUnavailableError('down')]]));
    const closeHours = new CloseHours({ rollups: port }, new ManualClock(START + 9 * HOUR));

    await expect(closeHours.close()).rejects.toThrow(StoreUnavailableError);
    expect(closed).toEqual([START]);
  });

  it('stops between two hours when the service stops', async () => {
    const { port, closed } = rollups();
    const stop = new AbortController();
    const stopping: HourRollups = { ...port, close: async (hour) => port.close(hour).then(() => stop.abort()) };

    expect(await new CloseHours({ rollups: stopping }, new ManualClock(START + 9 * HOUR)).close(stop.signal)).toBe(1);
    expect(closed).toEqual([START]);
  });
});
