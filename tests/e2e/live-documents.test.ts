import { isDeepStrictEqual } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import type { Reading } from '#domain/reading/reading';
import { kinds } from '#domain/streams/streams';
import { openStore } from '#infrastructure/open-store';
import { liveDocumentsIn, liveDocumentsOf } from '#tests/support/live-documents';
import { driverOf } from '#tests/support/mongodb-database';
import { noLog } from '#tests/support/no-log';
import { ServiceProcess } from '#tests/support/service-process';
import { Load } from './support/load.ts';
import { mongodb, type StoreUnderTest } from './support/stores.ts';

const START = Date.UTC(2026, 0, 1);
/** How soon after a start the documents are complete; the service has been ready before. */
const MINUTE_MS = 60_000;

/** The newest reading of every device, from the history. */
async function liveStates({ config }: StoreUnderTest): Promise<readonly Reading[]> {
  const store = await openStore(config, { logger: noLog, readOnly: true });
  const pages = await Promise.all(kinds.map((kind) => store.hot.page(kind, { limit: 1_000 })));
  await store.close();
  return pages.flatMap(({ readings }) => readings);
}

it('shows the live state of every device in the database after kill -9 under load and a restart', async () => {
  const under = mongodb();
  onTestFinished(() => under.remove());
  const { MONGODB_URI: uri = '', MONGODB_DB: database = '' } = under.environment;
  const db = driverOf({ uri, database });
  const start = () => ServiceProcess.start({ ...under.environment, EIE_MAX_AGE: 'off' });
  const killed = await start();
  onTestFinished(() => killed.signal('SIGKILL'));
  const load = new Load(killed.url, { start: START, connections: [1, 1, 7, 40, 250] });
  await load.acknowledges(2_000);
  await killed.kill();
  await load.ended();

  const service = await start();
  onTestFinished(() => service.signal('SIGKILL'));

  const expected = async () => liveDocumentsOf(await liveStates(under));
  await expect
    .poll(async () => [await liveDocumentsIn(db), await expected()], { timeout: MINUTE_MS })
    .toSatisfy(([shown, newest]) => isDeepStrictEqual(shown, newest));
  expect(Object.keys(await expected()).length).toBeGreaterThan(100);
  await service.stop();
  expect(await liveDocumentsIn(db)).toEqual(await expected());
});
