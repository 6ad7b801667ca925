import { describe, expect, it, onTestFinished } from 'vitest';
import { createMemoryStore } from '#adapters/outbound/memory/memory-store';
import { StoreUnavailableError } from '#application/errors';
import type { EngineStore } from '#application/ports/engine-store';
import { HOUR } from '#domain/time/time';
import { readEnvironment } from '#infrastructure/environment';
import { startService } from '#infrastructure/service';
import { aMeterReading, START } from '#testing/readings';
import { aWarning, aWatch } from '#testing/warnings';
import { noLog } from '#tests/support/no-log';
import { samplesIn, sumOf } from '#tests/support/prometheus-text';

async function serviceOn(store: EngineStore) {
  const config = readEnvironment({ EIE_MAX_AGE: 'off' });
  const service = await startService(config, { logger: noLog, listen: false, background: true, store });
  onTestFinished(() => service.close());
  const request = (path: string, options: RequestInit = {}) =>
    service.fetch(new Request(`${service.url}${path}`, options));
  const scrape = async () => {
    const response = await request('/metrics');
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    return samplesIn(await response.text());
  };
  return { request, scrape };
}

const duration = (method: string, route: string, status: string) => ({ method, route, status });

describe('the metrics', () => {
  it('have a duration for each request, by the pattern of its route', async () => {
    const { request, scrape } = await serviceOn(createMemoryStore());
    for (const id of ['a', 'b', 'c']) await request(`/v1/links/${id}`, { method: 'DELETE' });
    await request('/v1/meters/M-1/live', { method: 'HEAD' });
    await request('/no/such/thing');
    await request('/no/such/thing/either');
    await request('/v1/links?limit=0');

    const samples = await scrape();

    const count = (labels: Readonly<Record<string, string>>) =>
      sumOf(samples, 'eie_http_request_duration_seconds_count', labels);
    expect(count(duration('DELETE', '/v1/links/:id', '404'))).toBe(3);
    expect(count(duration('HEAD', '/v1/meters/:deviceId/live', '404'))).toBe(1);
    expect(count(duration('GET', 'unmatched', '404'))).toBe(2);
    expect(count(duration('GET', '/v1/links', '400'))).toBe(1);
    expect(count({})).toBe(7);
  });

  it('have one label for methods that nobody uses, so that clients cannot make series', async () => {
    const { request, scrape } = await serviceOn(createMemoryStore());
    for (let n = 0; n < 20; n++) await request('/v1/links', { method: `MADE-UP-${n}` });

    const samples = await scrape();

    expect(sumOf(samples, 'eie_http_request_duration_seconds_count', { method: 'other' })).toBe(20);
    expect(samples.some(({ labels }) => labels.method?.startsWith('MADE'))).toBe(false);
  });

  it('have cumulative buckets that end with the count', async () => {
    const { request, scrape } = await serviceOn(createMemoryStore());
    const readings = [1, 2, 5, 2_000].map((size) =>
      Array.from({ length: size }, (_, n) => ({
        meterId: `M-${size}-${n}`,
        kwhConsumedAc: 0.1,
        voltage: 230,
        timestamp: START,
      })),
    );
    const headers = { 'content-type': 'application/json' };
    for (const batch of readings) await request('/v1/ingest', { method: 'POST', headers, body: JSON.stringify(batch) });

    const samples = await scrape();

    const bucket = (le: string) => sumOf(samples, 'eie_commit_readings_bucket', { le });
    expect(['1', '3', '10', '1000', '3000', '+Inf'].map(bucket)).toEqual([1, 2, 3, 3, 4, 4]);
    expect(sumOf(samples, 'eie_commit_readings_count')).toBe(4);
    expect(sumOf(samples, 'eie_commit_readings_sum')).toBe(2_008);
  });

  it('count every answer that is a problem by its code, from 0', async () => {
    const { request, scrape } = await serviceOn(createMemoryStore());
    const headers = { 'content-type': 'application/json' };
    await request('/v1/ingest', { method: 'POST', headers, body: '{' });
    await request('/v1/ingest', { method: 'POST', headers, body: '[]' });
    await request('/v1/ingest', { method: 'POST', body: '{}' });
    await request('/v1/links/no-such-link');

    const samples = await scrape();

    expect(samples).toContainEqual({
      name: 'eie_http_requests_refused_total',
      labels: { code: 'overloaded' },
      value: 0,
    });
    for (const code of ['malformed-json', 'empty-batch', 'unsupported-media-type', 'not-found']) {
      expect(sumOf(samples, 'eie_http_requests_refused_total', { code }), code).toBe(1);
    }
  });

  it('show hours that wait to be closed, open warnings, and how much the store holds', async () => {
    const store = createMemoryStore();
    await store.writer.commit([0, 1, 2].map((hour) => aMeterReading({ timestamp: START + hour * HOUR })));
    const warnings = ['EV-1', 'EV-2', 'EV-3'].map((vehicleId) => aWarning({ vehicleId }));
    await store.warnings.keep(
      warnings.map((warning) => ({ watch: aWatch(warning, START, warning.vehicleId), changed: warning })),
    );
    const cleared = aWarning({ vehicleId: 'EV-2', state: 'cleared', clearedAt: START + HOUR });
    await store.warnings.keep([{ watch: aWatch(null, START + HOUR, 'EV-2'), changed: cleared }]);
    const { scrape } = await serviceOn({
      ...store,
      upkeep: {
        rollups: {
          unclosed: async () => [0, 1, 2].map((hour) => ({ kind: 'meter', hour: START + hour * HOUR })),
          close: async () => {},
          closed: async () => undefined,
          recount: async () => new Map(),
        },
      },
      measure: async () => ({ sizeBytes: 12_345, liveLag: 1_500 }),
    });

    const samples = await scrape();

    expect(sumOf(samples, 'eie_rollups_pending')).toBe(3);
    expect(sumOf(samples, 'eie_warnings_open')).toBe(2);
    expect(sumOf(samples, 'eie_store_size_bytes')).toBe(12_345);
    expect(sumOf(samples, 'eie_live_projection_lag_seconds')).toBe(1.5);
    expect(sumOf(samples, 'eie_store_up')).toBe(1);
  });

  it('leave out what a store that hangs does not return, and say that it is down', async () => {
    const store = createMemoryStore();
    const hangs = () => new Promise<never>(() => {});
    const { scrape } = await serviceOn({
      ...store,
      warnings: { ...store.warnings, list: hangs },
      health: { check: hangs },
      measure: async () => Promise.reject(new StoreUnavailableError('no answer')),
    });

    const samples = await scrape();

    const names = new Set(samples.map(({ name }) => name));
    expect(samples.find(({ name }) => name === 'eie_store_up')?.value).toBe(0);
    expect(names.has('eie_warnings_open')).toBe(false);
    expect(names.has('eie_store_size_bytes')).toBe(false);
    expect(names.has('eie_readings_received_total')).toBe(true);
  });
});
