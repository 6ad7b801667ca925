import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '#adapters/outbound/memory/memory-store';
import { systemClock } from '#adapters/outbound/system-clock';
import { type Contents, createContainer, type Outside, resolve } from '#infrastructure/container';
import { readEnvironment } from '#infrastructure/environment';
import { useCases } from '#infrastructure/use-cases';
import { ManualClock } from '#testing/manual-clock';
import { aMeterReading, aVehicleReading, START } from '#testing/readings';

function outside(given: Partial<Outside> = {}): Outside {
  return { config: readEnvironment({}), store: createMemoryStore(), ...given };
}

const names = Object.keys(useCases) as (keyof typeof useCases)[];

describe('the container', () => {
  it('has use cases to resolve', () => {
    expect(names.length).toBeGreaterThan(8);
  });

  it.each(names)('creates %s once', (name) => {
    const container = createContainer(outside());

    const created = resolve(container, name);

    expect(created).toBeTypeOf('object');
    expect(resolve(container, name)).toBe(created);
  });

  it('returns the dependencies it was given', () => {
    const given = outside({ clock: new ManualClock(START) });
    const container = createContainer(given);

    expect(resolve(container, 'config')).toBe(given.config);
    expect(resolve(container, 'store')).toBe(given.store);
    expect(resolve(container, 'clock')).toBe(given.clock);
  });

  it('uses the system clock by default', () => {
    expect(resolve(createContainer(outside()), 'clock')).toBe(systemClock);
  });

  it('shares no state with another container', async () => {
    const [one, other] = [createContainer(outside()), createContainer(outside())];
    await resolve(one, 'ingestReadings').ingest([aMeterReading()]);

    expect(await resolve(one, 'readLiveState').read('meter', 'M-1')).toBeDefined();
    expect(await resolve(other, 'readLiveState').read('meter', 'M-1')).toBeUndefined();
  });

  it('rejects an unregistered name', () => {
    const container = createContainer(outside());

    expect(() => resolve(container, 'nobody' as keyof Contents)).toThrow('nobody');
  });

  it('groups concurrent requests into one commit', async () => {
    const store = createMemoryStore();
    const commits: number[] = [];
    const commit: typeof store.writer.commit = (readings, options) => {
      commits.push(readings.length);
      return store.writer.commit(readings, options);
    };
    const ingest = resolve(createContainer(outside({ store: { ...store, writer: { commit } } })), 'ingestReadings');

    await Promise.all(['a', 'b', 'c'].map((deviceId) => ingest.ingest([aMeterReading({ deviceId })])));

    expect(commits).toEqual([3]);
  });

  it('queues no more readings than configured', async () => {
    const config = readEnvironment({ EIE_QUEUE_READINGS: '2' });
    const ingest = resolve(createContainer(outside({ config })), 'ingestReadings');

    const answers = await Promise.allSettled(
      ['a', 'b', 'c'].map((deviceId) => ingest.ingest([aMeterReading({ deviceId })])),
    );

    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
  });

  it('uses the configured loss threshold', async () => {
    const config = readEnvironment({ EIE_LOSS_THRESHOLD: '0.95' });
    const container = createContainer(outside({ config, clock: new ManualClock(START + 60_000) }));
    await resolve(container, 'ingestReadings').ingest([aMeterReading({ kwh: 10 }), aVehicleReading({ kwh: 9 })]);
    const window = { from: START, to: START + 60_000 };

    expect(await resolve(container, 'fleetPerformance').report(window)).toMatchObject({
      lossThreshold: 0.95,
      lossWarning: true,
    });
    expect(await resolve(container, 'vehiclePerformance').report('EV-1', window)).toMatchObject({
      lossThreshold: 0.95,
      lossWarning: true,
    });
  });
});
