import { statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { ReaderObjects } from '#adapters/outbound/sqlite/reader/reader-thread';
import { SqliteWriter } from '#adapters/outbound/sqlite/sqlite-writer';
import { BoundedThread } from '#adapters/outbound/sqlite/thread/bounded-thread';
import { Thread } from '#adapters/outbound/sqlite/thread/thread-protocol';
import { WalLimit } from '#adapters/outbound/sqlite/wal-limit';
import type { WriterObjects } from '#adapters/outbound/sqlite/writer/writer-thread';
import { HOUR, SECOND } from '#domain/time/time';
import { aMeterReading, START } from '#testing/readings';
import { temporaryDirectory } from '#tests/support/temporary-directory';

/** More than the 4 MiB that the WAL has when SQLite can reuse it. */
const MAX_BYTES = 6 * 1024 * 1024;
/** The test ends as soon as the WAL was emptied twice: within seconds, unless the machine is busy. */
const TIMEOUT = 120_000;
const module = (name: string) => new URL(`../../../src/adapters/outbound/sqlite/${name}.ts`, import.meta.url);

it(
  'the write-ahead log is emptied again and again although two readers are never idle',
  async () => {
    const directory = temporaryDirectory();
    const databaseFile = join(directory, 'energy.db');
    const files = { databaseFile, lockFile: join(directory, 'energy.lock') };
    const writer = await Thread.start<WriterObjects>(module('writer/writer-thread'), files);
    const startReader = async () =>
      new BoundedThread(await Thread.start<ReaderObjects>(module('reader/reader-thread'), { databaseFile }), {
        sent: 4,
        waitTimeout: TIMEOUT, // on a busy machine the sums take seconds
      });
    const [reader, pages] = [await startReader(), await startReader()];
    const limit = new WalLimit(databaseFile, [reader, pages], writer, { maxBytes: MAX_BYTES, interval: 50 });
    onTestFinished(async () => {
      limit.close();
      await Promise.all([reader.terminate(), pages.terminate()]);
      await writer.close();
    });
    const hour = { from: START, to: START + HOUR };
    let isReading = true;
    const sums = Array.from({ length: 8 }, async () => {
      while (isReading) await reader.call('cold', 'totalsByDevice', ['meter', hour]);
    });
    const lists = Array.from({ length: 8 }, async () => {
      while (isReading) await pages.call('hot', 'page', ['meter', { limit: 1_000 }]);
    });

    const telemetry = new SqliteWriter(writer, await writer.call('telemetry', 'fieldOrder', []));
    let [largest, size, emptied] = [0, 0, 0];
    for (let second = 0; emptied < 2; second++) {
      const readings = Array.from({ length: 5_000 }, (_, n) =>
        aMeterReading({ deviceId: `M-${n}`, timestamp: START + second * SECOND }),
      );
      await telemetry.commit(readings);
      const before = size;
      size = statSync(`${databaseFile}-wal`).size;
      largest = Math.max(largest, size);
      if (size < before) emptied++;
    }
    isReading = false;
    await Promise.all([...sums, ...lists]);

    expect(largest).toBeGreaterThan(MAX_BYTES);
  },
  TIMEOUT,
);
