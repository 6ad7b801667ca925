import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '#adapters/outbound/memory/memory-store';
import { systemClock } from '#adapters/outbound/system-clock';
import { createContainer, type Outside } from '#infrastructure/container';
import { readEnvironment } from '#infrastructure/environment';
import * as tokens from '#infrastructure/tokens';
import { resolve, type Token } from '#infrastructure/tokens';
import { ManualClock } from '#tests/support/manual-clock';
import { aMeterReading, aVehicleReading, START } from '#tests/support/readings';

const silent = { error: () => {}, warn: () => {}, info: () => {}, debug: () => {} };

function outside(given: Partial<Outside> = {}): Outside {
  return { config: readEnvironment({}), store: createMemoryStore(), logger: silent, ...given };
}

const allTokens = Object.entries<unknown>({ ...tokens })
  .filter(([, exported]) => typeof exported === 'symbol')
  .map(([name, token]) => ({ name, token: token as Token<unknown> }));

describe('the container', () => {
  it('has tokens to resolve', () => {
    expect(allTokens.length).toBeGreaterThan(8);
  });

  it.each(allTokens)('creates $name once', ({ token }) => {
    const container = createContainer(outside());

    const made = resolve(container, token);

    expect(made).toBeTypeOf('object');
    expect(resolve(container, token)).toBe(made);
  });

  it('returns the dependencies it was given', () => {
    const given = outside({ clock: new ManualClock(START) });
    const container = createContainer(given);

    expect(resolve(container, tokens.CONFIG)).toBe(given.config);
    expect(resolve(container, tokens.STORE)).toBe(given.store);
    expect(resolve(container, tokens.LOGGER)).toBe(given.logger);
    expect(resolve(container, tokens.CLOCK)).toBe(given.clock);
  });

  it('uses the system clock by default', () => {
    expect(resolve(createContainer(outside()), tokens.CLOCK)).toBe(systemClock);
  });

  it('shares no state with another container', async () => {
    const [one, other] = [createContainer(outside()), createContainer(outside())];
    await resolve(one, tokens.INGEST_READINGS).ingest([aMeterReading()]);

    expect(await resolve(one, tokens.READ_LIVE_STATE).read('meter', 'M-1')).toBeDefined();
    expect(await resolve(other, tokens.READ_LIVE_STATE).read('meter', 'M-1')).toBeUndefined();
  });

  it('rejects an unregistered token', () => {
    const container = createContainer(outside());

    expect(() => resolve(container, Symbol('nobody'))).toThrow('nobody');
  });

  it('groups concurrent requests into one commit', async () => {
    const store = createMemoryStore();
    const commits: number[] = [];
    const commit: typeof store.writer.commit = (readings, options) => {
      commits.push(readings.length);
      return store.writer.commit(readings, options);
    };
    const ingest = resolve(
      createContainer(outside({ store: { ...store, writer: { commit } } })),
      tokens.INGEST_READINGS,
    );

    await Promise.all(['a', 'b', 'c'].map((deviceId) => ingest.ingest([aMeterReading({ deviceId })])));

    expect(commits).toEqual([3]);
  });

  it('queues no more readings than configured', async () => {
    const config = readEnvironment({ EIE_QUEUE_READINGS: '2' });
    const ingest = resolve(createContainer(outside({ config })), tokens.INGEST_READINGS);

    const answers = await Promise.allSettled(
      ['a', 'b', 'c'].map((deviceId) => ingest.ingest([aMeterReading({ deviceId })])),
    );

    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
  });

  it('uses the configured loss threshold', async () => {
    const config = readEnvironment({ EIE_LOSS_THRESHOLD: '0.95' });
    const container = createContainer(outside({ config, clock: new ManualClock(START + 60_000) }));
    await resolve(container, tokens.INGEST_READINGS).ingest([aMeterReading({ kwh: 10 }), aVehicleReading({ kwh: 9 })]);
    const window = { from: START, to: START + 60_000 };

    expect(await resolve(container, tokens.FLEET_PERFORMANCE).report(window)).toMatchObject({
      lossThreshold: 0.95,
      lossWarning: true,
    });
    expect(await resolve(container, tokens.VEHICLE_PERFORMANCE).report('EV-1', window)).toMatchObject({
      lossThreshold: 0.95,
      lossWarning: true,
    });
  });
});
