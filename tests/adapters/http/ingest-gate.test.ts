import { describe, expect, it } from 'vitest';
import { IngestGate } from '#adapters/inbound/http/ingest/ingest-gate';
import { createMemoryStore } from '#adapters/outbound/memory/memory-store';
import { OverloadedError } from '#application/errors';
import { IngestReadings } from '#application/ingest-readings';
import type { TelemetryWriter } from '#application/ports/telemetry-writer';
import { appUnderTest, BODY_LIMIT } from './app-under-test.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const ofLength = (bytes: number) => ({ 'content-length': String(bytes) });

describe('the gate in front of ingestion', () => {
  const gate = (hasRoomFor = (_readings: number) => true) => new IngestGate(BODY_LIMIT, { hasRoomFor });

  it('keeps room for others while a large body does not arrive, however much it declared', () => {
    const one = gate();
    const stalled = [ofLength(8 * MIB), { 'content-length': String(MIB / 2), 'content-encoding': 'gzip' }];
    for (const declared of stalled) expect(one.enter(declared)).toBeDefined();

    for (const length of [100, 100 * KIB, 8 * MIB]) {
      const pass = one.enter(ofLength(length));
      pass?.charge(length);
      expect(pass).toBeDefined();
      pass?.leave();
    }
  });

  it('refuses a body if the queue has no room for its readings, at 100 bytes each', () => {
    const one = gate((readings) => readings <= 50);
    expect(one.enter(ofLength(100 * KIB))).toBeDefined(); // the only request is always admitted

    expect(one.enter(ofLength(5_000))).toBeDefined();
    expect(one.enter(ofLength(5_100))).toBeUndefined();
  });

  it('assumes no more readings than a batch may contain, however large the body is or may become', () => {
    const one = gate((readings) => readings <= 5_000);
    one.enter(ofLength(100));

    expect(one.enter(ofLength(MIB))).toBeDefined();
    expect(one.enter({ 'content-length': String(400 * KIB), 'content-encoding': 'gzip' })).toBeDefined();
  });

  it('admits 3 MiB of small bodies at once, and more when those have left', () => {
    const one = gate();
    const passes = Array.from({ length: 48 }, () => one.enter(ofLength(64 * KIB)));
    expect(passes).not.toContain(undefined);
    expect(one.enter(ofLength(1))).toBeUndefined();

    passes[0]?.leave();
    expect(one.enter(ofLength(64 * KIB))).toBeDefined();
    expect(one.enter(ofLength(1))).toBeUndefined();
  });

  it('refuses a large body, but no small one, while 8 MiB of large bodies are present', () => {
    const one = gate();
    const passes = [1, 2].map(() => one.enter(ofLength(4 * MIB)));
    for (const pass of passes) pass?.charge(4 * MIB);
    expect(one.enter(ofLength(MIB))).toBeUndefined();
    expect(one.enter(ofLength(64 * KIB))).toBeDefined();

    passes[0]?.leave();
    expect(one.enter(ofLength(4 * MIB))).toBeDefined();
  });

  it('refuses an admitted large body when there is no room left, but always lets one arrive', () => {
    const one = gate();
    const [first, other] = [1, 2].map(() => one.enter(ofLength(8 * MIB)));
    first?.charge(4 * MIB);
    other?.charge(4 * MIB);
    expect(() => other?.charge(5 * MIB)).toThrow(OverloadedError);

    other?.leave();
    first?.charge(8 * MIB);
    expect(one.enter(ofLength(MIB))).toBeUndefined();
  });

  it('charges a compressed body for its typical inflated size, then for its real one', () => {
    const one = gate();
    const compressed = { 'content-length': String(MIB / 4), 'content-encoding': 'gzip' };
    const pass = one.enter(compressed);
    pass?.charge(MIB / 4);
    pass?.charge(5 * MIB); // inflated
    expect(one.enter(compressed)).toBeUndefined();
    expect(one.enter(ofLength(2 * MIB))).toBeDefined();
  });

  it('charges a body of unknown length as it arrives, and refuses it when there is no room left', () => {
    const one = gate();
    const [streamed, other] = [one.enter({}), one.enter({})];
    streamed?.charge(3 * MIB);
    streamed?.charge(4 * MIB);
    other?.charge(4 * MIB);
    expect(() => other?.charge(5 * MIB)).toThrow(OverloadedError);

    streamed?.leave();
    other?.leave();
    expect(one.enter(ofLength(8 * MIB))).toBeDefined();
  });

  it('always admits one request, however large and however full the queue, so that a retry can succeed', () => {
    const one = gate(() => false);
    expect(one.enter(ofLength(8 * MIB))).toBeDefined();
    expect(one.enter(ofLength(1))).toBeUndefined();
  });

  it('admits at most 4,096 requests at once', () => {
    const one = gate();
    for (let i = 0; i < 4096; i++) one.enter(ofLength(100));
    expect(one.enter(ofLength(100))).toBeUndefined();
  });
});

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
    let full = false;
    const { app } = appUnderTest(
      {},
      { ingestReadings: new IngestReadings(writer), ingestCapacity: { hasRoomFor: () => !full } },
    );
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
