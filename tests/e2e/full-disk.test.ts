import { expect, it, onTestFinished } from 'vitest';
import { DAY } from '#domain/time/time';
import { ServiceProcess } from '#tests/support/service-process';
import { temporaryDirectory } from '#tests/support/temporary-directory';
import { Load, type SentReading, sendAll } from './support/load.ts';
import { expectConsistentStore } from './support/stored-readings.ts';

const DAY_OF_LOAD = { from: Date.UTC(2026, 0, 1), to: Date.UTC(2026, 0, 1) + DAY };

it('a full disk fails requests with 503 and loses nothing; once there is room they are accepted', async () => {
  const directory = temporaryDirectory();
  const config = { kind: 'sqlite', directory } as const;
  const environment = { EIE_DATA_DIR: directory, EIE_MAX_AGE: 'off' };
  const full = await ServiceProcess.start(environment, { maxFileKiB: 1024 });
  onTestFinished(() => full.signal('SIGKILL'));

  const load = new Load(full.url, { start: DAY_OF_LOAD.from, connections: [1, 40, 250] });
  await expect.poll(() => load.refusals.get(503) ?? 0, { timeout: 90_000 }).toBeGreaterThan(10);
  await load.stop();
  expect([...load.refusals.keys()]).toEqual([503]);
  expect((await fetch(`${full.url}/health/live`)).status).toBe(200);
  const reason = await full.logs('the store did not answer');
  expect(reason).toMatchObject({ level: 'error', error: { name: 'StoreUnavailableError' } });
  expect(JSON.stringify(reason)).toMatch(/disk|full|I\/O/);
  const stored = [...load.acknowledged].map((id) => load.sent.get(id) as SentReading);
  for (let n = 0; n < 3; n++) {
    // What needs no room is answered, and proves nothing.
    expect(await sendAll(full.url, stored.slice(0, 1))).toEqual({ stored: 0 });
    const ready = await fetch(`${full.url}/health/ready`);
    expect([ready.status, await ready.text()]).toEqual([503, expect.stringMatching(/disk|full|I\/O/)]);
  }
  expect((await full.stop()).code).toBe(0);

  const kept = await expectConsistentStore({ config }, DAY_OF_LOAD);
  expect(load.acknowledged.size).toBeGreaterThan(100);
  expect(
    [...load.acknowledged].filter((id) => !kept.has(id)),
    'acknowledged but lost',
  ).toEqual([]);

  const roomy = await ServiceProcess.start(environment);
  onTestFinished(() => roomy.signal('SIGKILL'));
  const known = [...load.acknowledged].map((id) => load.sent.get(id) as SentReading);
  expect((await sendAll(roomy.url, known)).stored).toBe(0);
  await sendAll(roomy.url, [...load.sent.values()]);
  await roomy.stop();
  expect(await expectConsistentStore({ config }, DAY_OF_LOAD)).toEqual(load.sent);
});
