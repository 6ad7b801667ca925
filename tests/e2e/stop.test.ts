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

describe.each(durableStoresUnderTest())('asked to stop under load, the engine on $name', (under) => {
  it.each(['SIGTERM', 'SIGINT'] as const)('ends with code 0 after %s and keeps all it acknowledged', async (signal) => {
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
    expect(took).toBeLessThan(10_000);
    expect(service.log.at(-1)?.message).toBe('the engine has stopped');
    await expect(fetch(`${url}/health/live`)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
    const kept = await expectConsistentStore(under, DAY_OF_LOAD);
    expect(
      [...load.acknowledged].filter((id) => !kept.has(id)),
      'acknowledged and lost',
    ).toEqual([]);
    expect(
      [...kept.keys()].filter((id) => !load.sent.has(id)),
      'kept and never sent',
    ).toEqual([]);
  });
});

describe('while it is stopping, the engine', () => {
  it('answers the request that is in flight, and is not ready any more', async () => {
    const service = await started({ EIE_STORE: 'memory' });
    const request = await unfinishedRequest(service.url);
    service.signal('SIGTERM');
    await service.logs('the engine is stopping');

    const answers = await request.finish('GET /health/ready HTTP/1.1\r\nHost: x\r\n\r\n');

    const [, first, second] = answers.split(/(?=HTTP\/1\.1 )/);
    expect(first).toMatch(/^HTTP\/1\.1 201 .*"status":"stored"/s);
    expect(second).toMatch(/^HTTP\/1\.1 503 .*connection: close.*shutting down/is);
    expect((await service.exit()).code).toBe(0);
  });

  it('takes no new connection', async () => {
    const service = await started({ EIE_STORE: 'memory' });
    const request = await unfinishedRequest(service.url);
    service.signal('SIGTERM');
    await service.logs('the engine is stopping');

    await expect(fetch(`${service.url}/health/live`)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });

    await request.finish();
    expect((await service.exit()).code).toBe(0);
  });

  it('does not wait for ever for a request that never ends', async () => {
    const service = await started({ EIE_STORE: 'memory' });
    await unfinishedRequest(service.url);
    const begin = performance.now();
    service.signal('SIGTERM');

    expect((await service.exit()).code).toBe(0);
    expect(performance.now() - begin).toBeLessThan(10_000);
  });

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'ends at once with code 1 when it is sent %s a second time',
    async (signal) => {
      const service = await started({ EIE_STORE: 'memory' });
      await unfinishedRequest(service.url);
      service.signal('SIGTERM');
      await service.logs('the engine is stopping');

      const begin = performance.now();
      service.signal(signal);

      expect((await service.exit()).code).toBe(1);
      expect(performance.now() - begin).toBeLessThan(2_000);
    },
  );
});
