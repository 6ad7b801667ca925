import { expect, it, onTestFinished } from 'vitest';
import { openSqliteStore } from '#adapters/outbound/sqlite/sqlite-store';
import { HOUR, MINUTE } from '#domain/time/time';
import { aLink } from '#testing/links';
import { aMeterReading, START } from '#testing/readings';
import { temporaryDirectory } from '#tests/support/temporary-directory';

it('an import of links lets commits and the health check pass', async () => {
  const store = await openSqliteStore({ directory: temporaryDirectory() });
  onTestFinished(() => store.close());
  const links = Array.from({ length: 5_000 }, (_, n) => aLink({ from: START + n * HOUR, to: START + (n + 1) * HOUR }));
  const order: string[] = [];

  const imported = store.links.add(links).then(() => order.push('import'));
  for (let n = 0; n < 3; n++) {
    await store.writer.commit([aMeterReading({ timestamp: START + n * MINUTE })]);
    await store.health.check();
    order.push('commit');
  }
  await imported;

  expect(order).toEqual(['commit', 'commit', 'commit', 'import']);
  expect(await store.links.list({ limit: 1, after: links[4_998]?.id ?? '' })).toHaveLength(1);
});
