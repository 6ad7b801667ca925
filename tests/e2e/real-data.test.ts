import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { EngineStore } from '#application/ports/engine-store';
import { openStore } from '#infrastructure/open-store';
import { appUnderTest } from '#tests/adapters/http/app-under-test';
import { noLog } from '#tests/support/no-log';
import { ServiceProcess } from '#tests/support/service-process';
import { HOUSEHOLD_DAYS, householdReadings } from './support/household-meter.ts';
import { expectExactReplay, type Manner, type Send } from './support/replay.ts';
import { type StoreUnderTest, storesUnderTest } from './support/stores.ts';

describe('the real data', () => {
  it('adds up to the totals its authors publish', () => {
    const readings = householdReadings('M');
    const total = (part: typeof readings) =>
      part.reduce((sum, { kwhConsumedAc }) => sum + Math.round(kwhConsumedAc * 1e6), 0) / 1e6;

    expect([readings.slice(0, 1440), readings.slice(1440)].map(total)).toEqual(HOUSEHOLD_DAYS.map(({ kwh }) => kwh));
  });
});

/** The engine as it is shipped, except for the socket. */
function engineOn(under: StoreUnderTest): { send: Send; nextDays: () => number } {
  let store: EngineStore;
  let send: Send;
  let moved = 0;
  beforeAll(async () => {
    store = await openStore(under.config, { logger: noLog });
    const { app } = appUnderTest(store, { acceptedTime: { maxFuture: Infinity, maxAge: Infinity } });
    send = (path, init) => app.request(path, init);
  });
  afterAll(async () => {
    await store.close();
    await under.remove();
  });
  return { send: (path, init) => send(path, init), nextDays: () => (moved += 2) };
}

describe.each(storesUnderTest())('two real days on $name', (under) => {
  const { send, nextDays } = engineOn(under);

  it.each<[string, Manner]>([
    ['in order, one by one', { size: 1, clients: 32 }],
    ['in order, in batches of 7', { size: 7 }],
    ['in order, in batches of 500', { size: 500 }],
    ['in order, in one batch', { size: 2880 }],
    ['shuffled, one by one, by 64 clients', { size: 1, clients: 64, seed: 7 }],
    ['shuffled, in batches of 7, by four clients', { size: 7, clients: 4, seed: 11 }],
    ['shuffled, in batches of 37, twice over, by four clients', { size: 37, clients: 4, times: 2, seed: 13 }],
    ['in order, in batches of 500, twice over, by four clients', { size: 500, clients: 4, times: 2 }],
    [
      'shuffled, in batches of 2,880, by four clients that all send everything',
      { size: 2880, clients: 4, times: 4, seed: 17 },
    ],
    ['shuffled, in batches of 5,000, twice over', { size: 5000, times: 2, seed: 19 }],
  ])('%s: exact to the milliwatt-hour', async (_, manner) => {
    await expectExactReplay(send, { ...manner, movedDays: nextDays() });
  });

  it('in batches of any size, any number of clients, any order, once or twice: exact to the milliwatt-hour', {
    timeout: 300_000,
  }, async () => {
    const manners = fc.record({
      size: fc.oneof(...[100, 5000].map((max) => fc.integer({ min: under.minBatch, max }))),
      clients: fc.integer({ min: 1, max: 4 }),
      times: fc.integer({ min: 1, max: 2 }),
      seed: fc.option(fc.nat(), { nil: undefined }),
    });
    await fc.assert(
      fc.asyncProperty(manners, ({ seed, ...manner }) =>
        expectExactReplay(send, { ...manner, ...(seed !== undefined && { seed }), movedDays: nextDays() }),
      ),
      { numRuns: under.runs },
    );
  });
});

describe.each(storesUnderTest())('two real days over a socket on $name', (under) => {
  it('are exact in singles and batches, in order and shuffled, twice over and by four clients at once', async () => {
    const service = await ServiceProcess.start({ ...under.environment, EIE_MAX_AGE: 'off' });
    onTestFinished(async () => {
      await service.kill();
      await under.remove();
    });
    const send: Send = (path, init) => fetch(service.url + path, init);

    await expectExactReplay(send, { size: 500, movedDays: 0 });
    await expectExactReplay(send, { size: 1, clients: 32, seed: 3, movedDays: 2 });
    await expectExactReplay(send, { size: 37, clients: 4, times: 2, seed: 5, movedDays: 4 });
    await expectExactReplay(send, { size: 5000, times: 2, seed: 23, movedDays: 6 });
  });
});
