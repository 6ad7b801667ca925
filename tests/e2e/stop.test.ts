import { describe, expect, it, onTestFinished } from 'vitest';
import { DAY } from '#domain/time/time';
import { ServiceProcess } from '#tests/support/service-process';
import { Load } from './support/load.ts';
import { expectConsistentStore } from './support/stored-readings.ts';
import { durableStoresUnderTest } from './support/stores.ts';
import { unfinishedRequest } from './support/unfinished-request.ts';

const DAY_OF_LOAD = { from: Date.UTC(2026, 0, 1), to: Date.UTC(2026, 0, 1) + DAY };

async function started(environment: Readonly<Record<string, string>>): Promise<ServiceProcess> {
  const service = await ServiceProcess.start({ ...environment, EIE_MAX_AGE: 'off' });
  onTestFinished(() => service.signal('SIGKILL'));
  return service;
}

/** Why nothing can connect there, or undefined if something can. */
const connectionError = (url: string): Promise<string | undefined> =>
  fetch(`${url}/health/live`).then(
    () => undefined,
    ({ cause }) => cause.code,
  );

describe.each(durableStoresUnderTest())('stopped under load, the engine on $name', (under) => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'exits with code 0 after %s and keeps everything it acknowledged',
    async (signal) => {
      onTestFinished(() => under.remove());
      const service = await started(under.environment);
      const { url } = service;
      const load = new Load(url, { start: DAY_OF_LOAD.from, connections: [1, 1, 7, 40, 250] });
      await load.acknowledges(500);

      const begin = performance.now();
      service.signal(signal);
      const { code, stderr } = await service.exit();
      const took = performance.now() - begin;
      await load.ended();

      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(took).toBeLessThan(30_000); // its own limit is 10 s; the rest is for a busy machine
      expect(service.log.at(-1)?.message).toBe('the engine has stopped');
      expect(await connectionError(url)).toBe('ECONNREFUSED');
      const kept = await expectConsistentStore(under, DAY_OF_LOAD);
      expect(
        [...load.acknowledged].filter((id) => !kept.has(id)),
        'acknowledged but lost',
      ).toEqual([]);
      expect(
        [...kept.keys()].filter((id) => !load.sent.has(id)),
        'stored but never sent',
      ).toEqual([]);
    },
  );
});

describe('while it is stopping, the engine', () => {
  it('answers the pending request and is no longer ready', async () => {
    const service = await started({ EIE_STORE: 'memory' });
    const request = await unfinishedRequest(service.url);
    service.signal('SIGTERM');
    await service.logs('the engine is stopping');

    const answers = await request.finish('GET /health/ready HTTP/1.1\r\nHost: localhost\r\n\r\n');

    const [, first, second] = answers.split(/(?=HTTP\/1\.1 )/);
    expect(first).toMatch(/^HTTP\/1\.1 201 .*"status":"stored"/s);
    expect(second).toMatch(/^HTTP\/1\.1 503 .*connection: close.*shutting down/is);
    expect((await service.exit()).code).toBe(0);
  });

  it('accepts no new connections', async () => {
    const service = await started({ EIE_STORE: 'memory' });
    const request = await unfinishedRequest(service.url);
    service.signal('SIGTERM');
    await service.logs('the engine is stopping');

    // The message comes before the listener is closed: until then a connection may be accepted or reset.
    await expect.poll(() => connectionError(service.url), { timeout: 30_000 }).toBe('ECONNREFUSED');

    await request.finish();
    expect((await service.exit()).code).toBe(0);
  });

  it('does not wait forever for a request that never ends', async () => {
    const service = await started({ EIE_STORE: 'memory' });
    await unfinishedRequest(service.url);
    const begin = performance.now();
    service.signal('SIGTERM');

    expect((await service.exit()).code).toBe(0);
    expect(performance.now() - begin).toBeLessThan(30_000); // 7 s on an idle machine
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('exits at once with code 1 on a second signal (%s)', async (signal) => {
    const service = await started({ EIE_STORE: 'memory' });
    await unfinishedRequest(service.url);
    service.signal('SIGTERM');
    await service.logs('the engine is stopping');

    const begin = performance.now();
    service.signal(signal);

    expect((await service.exit()).code).toBe(1);
    expect(performance.now() - begin).toBeLessThan(6_000); // without the second signal it waits 7 s for the request
  });
});
