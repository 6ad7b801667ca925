import { describe, expect, it, onTestFinished } from 'vitest';
import { createMemoryStore } from '#adapters/outbound/memory/memory-store';
import type { EngineStore } from '#application/ports/engine-store';
import { DAY, MINUTE } from '#domain/time/time';
import { readEnvironment } from '#infrastructure/environment';
import { type Service, type ServiceOptions, startService } from '#infrastructure/service';
import { aLink } from '#testing/links';
import { ManualClock } from '#testing/manual-clock';
import { aMeterReading, aVehicleReading, START } from '#testing/readings';
import { LogLines } from '#tests/adapters/http/app-under-test';

const config = readEnvironment({ EIE_STORE: 'memory' });

async function inProcess(options: Partial<ServiceOptions> = {}): Promise<{ service: Service; log: LogLines }> {
  const log = new LogLines();
  const service = await startService(config, { logger: log, listen: false, background: false, ...options });
  onTestFinished(() => service.close());
  return { service, log };
}

const withoutName = ({ name: _, ...store }: EngineStore): EngineStore => store;

const get = async ({ url, fetch }: Service, path: string) => (await fetch(new Request(`${url}${path}`))).json();

describe('an engine without a port', () => {
  it('answers requests as over HTTP', async () => {
    const { service } = await inProcess({ clock: new ManualClock(START) });
    const body = JSON.stringify({ meterId: 'M-7', kwhConsumedAc: 0.125, voltage: 230, timestamp: START });
    const headers = { 'content-type': 'application/json' };

    const posted = await service.fetch(new Request(`${service.url}/v1/ingest`, { method: 'POST', body, headers }));

    expect(posted.status).toBe(201);
    expect(await get(service, '/v1/meters/M-7/live')).toMatchObject({ kwhConsumedAc: 0.125, ageSeconds: 0 });
  });

  it.each<[string, EngineStore | undefined]>([
    ['parquet', { ...createMemoryStore(), name: 'parquet' }],
    ['custom', withoutName(createMemoryStore())],
    ['memory', undefined],
  ])('names the store in the log as it calls itself: %s', async (name, store) => {
    const { log } = await inProcess(store && { store });

    expect(log.lines.find(({ message }) => message === 'the engine is ready')?.fields).toMatchObject({ store: name });
  });

  it('does the background work of the time that a clock of its own shows', async () => {
    const store = createMemoryStore();
    const clock = new ManualClock(START + DAY);
    const { service } = await inProcess({ store, clock });
    await store.links.add([aLink()]);
    const minutes = Array.from({ length: 1440 }, (_, minute) => ({ timestamp: START + minute * MINUTE, kwh: 0.1 }));
    await store.writer.commit(minutes.flatMap((at) => [aMeterReading(at), aVehicleReading({ ...at, kwh: 0.07 })]));

    expect(await get(service, '/v1/warnings')).toMatchObject({ data: [] });
    clock.advance(3 * MINUTE);
    await service.runBackground();

    expect(await get(service, '/v1/warnings')).toMatchObject({ data: [{ vehicleId: 'EV-1', state: 'open' }] });
  });

  it('is refused, and its store closed, when history is to be dropped that the store keeps', async () => {
    let closed = 0;
    const store = { ...createMemoryStore(), upkeep: {}, close: async () => void closed++ };

    const start = startService({ ...config, retention: 90 * DAY }, { logger: new LogLines(), store, listen: false });

    await expect(start).rejects.toThrow('EIE_RETENTION is set, but this store never drops history');
    expect(closed).toBe(1);
  });
});
