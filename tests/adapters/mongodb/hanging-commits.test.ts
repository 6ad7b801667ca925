import { expect, it, onTestFinished } from 'vitest';
import { GroupCommitWriter } from '#adapters/outbound/batching/group-commit-writer';
import { openMongoDbStore } from '#adapters/outbound/mongodb/mongodb-store';
import { StoreUnavailableError } from '#application/errors';
import { aMeterReading } from '#testing/readings';
import { temporaryDatabase } from '#tests/support/mongodb-database';
import { startSwallowingProxy } from '#tests/support/swallowing-proxy';

const readingOf = (deviceId: string) => aMeterReading({ deviceId });

/** A store whose server is behind a proxy, and the queue in front of it. */
async function behindProxy() {
  const { uri, database } = temporaryDatabase();
  const { hostname, port } = new URL(uri);
  const proxy = await startSwallowingProxy(hostname, Number(port));
  const store = await openMongoDbStore({
    uri: `mongodb://127.0.0.1:${proxy.port}/?directConnection=true`,
    database,
    liveDocuments: false,
  });
  onTestFinished(() => store.close());
  return { proxy, store, queue: new GroupCommitWriter(store.writer) };
}

it('commits whose answers never come do not hold up others, and make the store not ready until they are given up', async () => {
  const { proxy, store, queue } = await behindProxy();
  await queue.commit([readingOf('first')]);
  await store.health.check();

  proxy.swallow('commitTransaction', 4);
  // Atomic requests are commits of their own.
  const lost = ['a', 'b', 'c', 'd'].map((id) =>
    queue.commit([readingOf(id)], { atomic: true }).catch((error) => error),
  );
  const next = queue.commit([readingOf('next')], { atomic: true });

  expect(await Promise.race([next, ...lost])).toEqual([{ status: 'stored' }]);
  expect(proxy.swallowed()).toBe(4);
  await expect
    .poll(() => store.health.check().catch(String), { timeout: 30_000 })
    .toMatch(/a commit has not been answered for \d+ s/);

  for (const error of await Promise.all(lost)) expect(error).toBeInstanceOf(StoreUnavailableError);
  await store.health.check();
  const again = await Promise.all(['a', 'b', 'c', 'd'].map((id) => queue.commit([readingOf(id)])));
  expect(again.flat()).toEqual(Array(4).fill({ status: 'duplicate' }));
});

it('after a failed commit the store is ready only once a write succeeds', async () => {
  const { proxy, store } = await behindProxy();
  proxy.swallow('commitTransaction', 1);
  await expect(store.writer.commit([readingOf('a')])).rejects.toBeInstanceOf(StoreUnavailableError);

  proxy.swallow('write-check', 1);
  await expect(store.health.check()).rejects.toThrow('MongoDB has not answered');

  await store.health.check();
});
