import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '#adapters/outbound/memory/memory-store';
import { systemClock } from '#adapters/outbound/system-clock';
import { IngestForKey } from '#application/access/ingest-for-key';
import { KeyBudgets } from '#application/access/key-budgets';
import { IngestReadings } from '#application/ingest-readings';
import type { TelemetryWriter } from '#application/ports/telemetry-writer';
import { appUnderTest } from './app-under-test.ts';

describe('an ingest request while the queue is full', () => {
  it('is answered 503 with Retry-After before its body is read, and accepted again when there is room', async () => {
    const commit = Promise.withResolvers<void>();
    const store = createMemoryStore();
    const writer: TelemetryWriter = {
      commit: async (readings, options) => {
        await commit.promise;
        return store.writer.commit(readings, options);
      },
    };
    const ingestReadings = new IngestReadings(writer);
    const ingestForKey = new IngestForKey(ingestReadings, store.hot, new KeyBudgets(systemClock));
    let full = false;
    const { app } = appUnderTest({}, { ingestForKey, ingestCapacity: { hasRoomFor: () => !full } });
    const body = JSON.stringify({
      meterId: 'M-1',
      kwhConsumedAc: 0.1,
      voltage: 230,
      timestamp: '2026-01-15T12:00:00Z',
    });
    const post = (text: string) =>
      app.request('/v1/ingest', {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'content-length': String(text.length) },
        body: text,
      });

    const waiting = post(body);
    await new Promise((resolve) => setImmediate(resolve));
    full = true;
    const refused = await post('not JSON');
    full = false;
    commit.resolve();

    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(await refused.json()).toMatchObject({ errors: [{ code: 'overloaded' }] });
    expect((await waiting).status).toBe(201);
    expect((await post(body)).status).toBe(200);
  });

  it('is answered before its body is parsed if the queue filled up while it was read', async () => {
    const { app } = appUnderTest({}, { ingestCapacity: { hasRoomFor: () => false } });

    const refused = await app.request('/v1/ingest', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: 'not JSON',
    });

    expect(refused.status).toBe(503);
    expect(await refused.json()).toMatchObject({ errors: [{ code: 'overloaded' }] });
  });
});
