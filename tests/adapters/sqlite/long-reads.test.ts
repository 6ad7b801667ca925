import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Worker } from 'node:worker_threads';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { SqliteStore } from '#adapters/outbound/sqlite/sqlite-store';
import { openSqliteStore } from '#adapters/outbound/sqlite/sqlite-store';
import { StoreUnavailableError } from '#application/errors';
import { MINUTE } from '#domain/time/time';
import { aMeterReading, START } from '#testing/readings';
import { temporaryDirectory } from '#tests/support/temporary-directory';
import { startedThreads } from './started-threads.ts';

/** Opening a store takes seconds on a busy machine. No test waits for the slow list itself. */
const TIMEOUT = 120_000;

async function opened(directory: string, processors = 4): Promise<SqliteStore> {
  const store = await openSqliteStore({ directory, processors });
  onTestFinished(() => store.close());
  return store;
}

/** Makes listing links take many seconds of CPU time, which nothing waits for. */
function makeLinksSlow(directory: string): void {
  const columns = 'id, meterId, vehicleId, start, "end"';
  const database = new DatabaseSync(join(directory, 'energy.db'));
  database.exec(
    `ALTER TABLE links RENAME TO all_links;
     CREATE VIEW links AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000000)
       SELECT ${columns} FROM all_links WHERE (SELECT MAX(i) FROM n) > 0
       UNION ALL SELECT 'M@0', 'M', 'V', 0, MAX(i) FROM n`,
  );
  database.close();
}

/** Makes a page of vehicles take many seconds of CPU time, and every other read of them. */
function makeVehiclesSlow(directory: string): void {
  const database = new DatabaseSync(join(directory, 'energy.db'));
  database.exec(
    `ALTER TABLE vehicle_devices RENAME TO all_vehicles;
     CREATE VIEW vehicle_devices AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000000)
       SELECT number, id FROM all_vehicles WHERE (SELECT MAX(i) FROM n) > 0 UNION ALL SELECT 1, MAX(i) FROM n`,
  );
  database.close();
}

/** Waits until the thread has been busy for longer than anything but the slow list takes. */
async function busy(thread: Worker | undefined): Promise<void> {
  const activeTime = () => thread?.performance.eventLoopUtilization().active ?? 0;
  const before = activeTime();
  await vi.waitFor(() => expect(activeTime() - before).toBeGreaterThan(200), { timeout: TIMEOUT });
}

describe('a reader that is busy with a long read', { timeout: TIMEOUT }, () => {
  it('delays neither commits nor live state, the horizon or the health check', async () => {
    const directory = temporaryDirectory();
    const threads = startedThreads();
    const store = await opened(directory);
    await store.writer.commit([aMeterReading()]);
    makeLinksSlow(directory);
    let isBusy = true;
    void store.links
      .list({ limit: 1 })
      .catch(() => {}) // rejects when the store closes
      .finally(() => {
        isBusy = false;
      });
    await busy(threads[2]);

    await store.health.check();
    await store.writer.commit([aMeterReading({ timestamp: START + MINUTE })]);
    expect(await store.hot.newest('meter', 'M-1')).toBeDefined();
    expect(await store.upkeep.retention.horizon()).toBeUndefined();

    expect(isBusy).toBe(true);
  });

  it.each([
    [4, 3],
    [2, 2],
  ])(
    'delays no single live read when it is a page of live state that takes long, on %i processors',
    async (processors, busyThread) => {
      const directory = temporaryDirectory();
      const threads = startedThreads();
      const store = await opened(directory, processors);
      await store.writer.commit([aMeterReading()]);
      makeVehiclesSlow(directory);
      let isBusy = true;
      void store.hot
        .page('vehicle', { limit: 1 })
        .catch(() => {}) // rejects when the store closes
        .finally(() => {
          isBusy = false;
        });
      await busy(threads[busyThread]);

      await store.health.check();
      await store.writer.commit([aMeterReading({ timestamp: START + MINUTE })]);
      expect(await store.hot.newest('meter', 'M-1')).toBeDefined();
      expect(await store.hot.knows('meter', 'M-1')).toBe(true);
      expect(await store.upkeep.retention.horizon()).toBeUndefined();
      if (processors > 2) expect(await store.links.list({ limit: 1 })).toEqual([]);

      expect(isBusy).toBe(true);
    },
  );

  it('does not keep the store from closing: reads reject, and commits under way are kept', async () => {
    const directory = temporaryDirectory();
    const threads = startedThreads();
    const store = await opened(directory);
    makeLinksSlow(directory);
    const reads = Array.from({ length: 10 }, () => store.links.list({ limit: 1 }).catch((error: unknown) => error));
    let isReading = true;
    threads[2]?.once('exit', () => {
      isReading = false;
    });
    await busy(threads[2]);
    const commit = store.writer.commit([aMeterReading()]);

    await store.close();

    expect(isReading).toBe(true);
    for (const error of await Promise.all(reads)) expect(error).toBeInstanceOf(StoreUnavailableError);
    expect(await commit).toEqual([{ status: 'stored' }]);
  });
});
