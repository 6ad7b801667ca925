import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openSqliteStore } from '#adapters/outbound/sqlite/sqlite-store';
import { StoreUnavailableError } from '#application/errors';
import type { TelemetryStore } from '#application/ports/telemetry-store';
import { MINUTE } from '#domain/time/time';
import { aMeterReading, START } from '#tests/support/readings';
import { temporaryDirectory } from '#tests/support/temporary-directory';

async function opened(directory: string): Promise<TelemetryStore> {
  const store = await openSqliteStore({ directory });
  onTestFinished(() => store.close());
  return store;
}

/** Makes the list of links take about as long as the sums of a year. */
function makeLinksSlow(directory: string): void {
  const columns = 'id, meterId, vehicleId, start, "end"';
  const database = new DatabaseSync(join(directory, 'energy.db'));
  database.exec(
    `ALTER TABLE links RENAME TO all_links;
     CREATE VIEW links AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 8000000)
       SELECT ${columns} FROM all_links WHERE (SELECT MAX(i) FROM n) > 0
       UNION ALL SELECT 'M@0', 'M', 'V', 0, MAX(i) FROM n`,
  );
  database.close();
}

describe('a reader that is busy with long sums', () => {
  it('makes nobody else wait: commits, live state, the horizon, the check of the store', async () => {
    const directory = temporaryDirectory();
    const store = await opened(directory);
    await store.writer.commit([aMeterReading()]);
    makeLinksSlow(directory);
    let busy = true;
    const sums = store.links.list({ limit: 1 }).then(() => {
      busy = false;
    });

    await store.health.check();
    await store.writer.commit([aMeterReading({ timestamp: START + MINUTE })]);
    expect(await store.hot.newest('meter', 'M-1')).toBeDefined();
    expect(await store.retention.horizon()).toBeUndefined();

    expect(busy).toBe(true);
    await sums;
  });

  it('is not waited for when the store closes: sums reject, and the commits that were under way are kept', async () => {
    const directory = temporaryDirectory();
    const store = await opened(directory);
    makeLinksSlow(directory);
    const sums = Array.from({ length: 10 }, () => store.links.list({ limit: 1 }).catch((error: unknown) => error));
    const commit = store.writer.commit([aMeterReading()]);

    const begin = performance.now();
    await store.close();

    expect(performance.now() - begin).toBeLessThan(1_500);
    for (const error of await Promise.all(sums)) expect(error).toBeInstanceOf(StoreUnavailableError);
    expect(await commit).toEqual([{ status: 'stored' }]);
  });
});
