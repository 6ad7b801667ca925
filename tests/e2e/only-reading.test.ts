import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openSqliteStore } from '#adapters/outbound/sqlite/sqlite-store';
import { MINUTE } from '#domain/time/time';
import { aMeterReading, START } from '#testing/readings';
import { canMount, ServiceProcess } from '#tests/support/service-process';
import { temporaryDirectory } from '#tests/support/temporary-directory';

const READINGS = 20;

/** A directory as it is after a stop in order, and one as it is after a crash. */
async function stopped(): Promise<{ readonly clean: string; readonly crashed: string }> {
  const [clean, crashed] = [temporaryDirectory(), temporaryDirectory()];
  const store = await openSqliteStore({ directory: clean });
  for (let n = 0; n < READINGS; n++) await store.writer.commit([aMeterReading({ timestamp: START + n * MINUTE })]);
  cpSync(clean, crashed, { recursive: true });
  await store.close();
  return { clean, crashed };
}

const withoutLock = async () => {
  const { clean } = await stopped();
  rmSync(join(clean, 'energy.lock'));
  return clean;
};

const DISKS = ['full', 'readOnly'] as const;
const STATES: readonly (readonly [state: string, create: () => Promise<string>])[] = [
  ['after a stop in order', async () => (await stopped()).clean],
  ['after a crash', async () => (await stopped()).crashed],
  ['when the lock file is missing', withoutLock],
];

describe.each(DISKS)('on a disk that is %s', (is) => {
  const reason = canMount ? '' : ' (skipped: this system does not let a test mount anything)';

  it.skipIf(!canMount).each(STATES)(`the engine starts for reading %s${reason}`, async (_, create) => {
    const directory = await create();
    const environment = { EIE_DATA_DIR: directory, EIE_MAX_AGE: 'off' };
    const service = await ServiceProcess.listening(environment, { disk: { directory, is } });
    onTestFinished(() => service.signal('SIGKILL'));
    const at = (path: string, init?: RequestInit) => fetch(service.url + path, init);
    const time = new Date(START + READINGS * MINUTE).toISOString();
    const post = { meterId: 'M-1', kwhConsumedAc: 0.1, voltage: 230, timestamp: time };
    const from = new Date(START).toISOString();

    const live = await at('/v1/meters/M-1/live');
    const history = await at(`/v1/meters/M-1/history?from=${from}&to=${time}`);
    const fleet = await at(`/v1/analytics/fleet?from=${from}&to=${time}`);
    const stored = await at('/v1/ingest', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(post),
    });
    const ready = await at('/health/ready');

    expect([live.status, history.status, fleet.status]).toEqual([200, 200, 200]);
    expect(((await history.json()) as { data: unknown[] }).data).toHaveLength(READINGS);
    expect(stored.status).toBe(503);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({
      reasons: [
        expect.stringMatching(/^the store can only be read: cannot open .*; restart the engine once it can be/),
      ],
    });
    expect(service.log[0]).toMatchObject({ level: 'error', message: expect.stringContaining('can only be read') });
    expect((await service.stop()).code).toBe(0);

    const again = await ServiceProcess.start(environment); // on a disk that can be written
    expect((await again.stop()).code).toBe(0);
  });
});
