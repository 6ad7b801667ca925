import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { openSqliteStore } from '#adapters/outbound/sqlite/sqlite-store';
import { aVehicleReading } from '#testing/readings';
import { openWithChangedStreams } from '#tests/support/changed-engine';
import { SWAPPED, WITH_HEATERS, WITH_RANGE } from '#tests/support/stream-edits';
import { temporaryDirectory } from '#tests/support/temporary-directory';

async function running() {
  const directory = temporaryDirectory();
  const store = await openSqliteStore({ directory });
  onTestFinished(() => store.close());
  return { store, file: join(directory, 'energy.db'), readOnly: { directory, readOnly: true } };
}

it('a reader beside a running engine has the fields in the order of the file', async () => {
  const { store, readOnly } = await running();
  await store.writer.commit([aVehicleReading()]);

  const reader = await openWithChangedStreams(SWAPPED, readOnly);

  expect(await reader.hot.newest('vehicle', 'EV-1')).toEqual(aVehicleReading());
});

it('a reader refuses data that its definition does not fit', async () => {
  const { store, file, readOnly } = await running();
  await store.writer.commit([aVehicleReading()]);

  await expect(openWithChangedStreams(WITH_RANGE, readOnly)).rejects.toThrow(
    `cannot open ${file}: the data of stream vehicle have measured fields batteryTemp, soc, but`,
  );
});

it.each([
  ['are missing', 'heater', WITH_HEATERS],
  ['are those of an earlier definition', 'vehicle', WITH_RANGE],
])('a reader creates no tables: when those of a stream without data %s, it says who does', async (_, kind, edits) => {
  const { file, readOnly } = await running();

  await expect(openWithChangedStreams(edits, readOnly)).rejects.toThrow(
    `cannot open ${file}: it has no tables for stream ${kind} as defined now: start the engine once, which creates them`,
  );
});
