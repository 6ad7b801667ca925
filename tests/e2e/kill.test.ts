import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { DAY, HOUR } from '#domain/time/time';
import { ServiceProcess } from '#tests/support/service-process';
import { Load, type SentReading, sendAll } from './support/load.ts';
import { expectConsistentStore } from './support/stored-readings.ts';
import { durableStoresUnderTest } from './support/stores.ts';

const DAY_OF_LOAD = { from: Date.UTC(2026, 0, 1), to: Date.UTC(2026, 0, 1) + DAY };
/** Batch size of each connection: single readings and batches of several sizes. */
const CONNECTIONS = [1, 1, 1, 7, 40, 250];

describe.each(durableStoresUnderTest())('kill -9 under load on $name', (under) => {
  it(`loses nothing it acknowledged and stores nothing twice, ${under.kills} times in a row`, {
    timeout: 300_000,
  }, async ({ annotate }) => {
    const seed = randomInt(2 ** 31);
    await annotate(`seed ${seed}`);
    onTestFinished(() => under.remove());
    const start = () => ServiceProcess.start({ ...under.environment, EIE_MAX_AGE: 'off' });
    const sent = new Map<string, SentReading>();
    const acknowledged = new Set<string>();

    for (const [round, { acknowledgements, delayMs }] of randomMoments(seed, under.kills).entries()) {
      const service = await start();
      onTestFinished(() => service.signal('SIGKILL'));
      const load = new Load(service.url, { start: DAY_OF_LOAD.from + round * HOUR, connections: CONNECTIONS });
      await load.acknowledges(acknowledgements);
      await sleep(delayMs);
      await service.kill();
      await load.ended();
      for (const [id, reading] of load.sent) sent.set(id, reading);
      for (const id of load.acknowledged) acknowledged.add(id);

      const kept = await expectConsistentStore(under, DAY_OF_LOAD);

      expect(load.refusals, 'answers that were not acknowledgements').toEqual(new Map());
      expect(
        [...acknowledged].filter((id) => !kept.has(id)),
        'acknowledged but lost',
      ).toEqual([]);
      for (const [id, reading] of kept) expect(reading).toEqual(sent.get(id));
    }

    const service = await start();
    onTestFinished(() => service.signal('SIGKILL'));
    const isKnown = (id: string) => acknowledged.has(id);
    const [known, open] = [[...sent.keys()].filter(isKnown), [...sent.keys()].filter((id) => !isKnown(id))].map((ids) =>
      ids.map((id) => sent.get(id) as SentReading),
    );
    expect((await sendAll(service.url, known ?? [])).stored).toBe(0);
    await sendAll(service.url, open ?? []);
    await service.stop();

    expect(await expectConsistentStore(under, DAY_OF_LOAD)).toEqual(sent);
  });
});

/** When to kill: a delay after a number of acknowledgements. */
function randomMoments(seed: number, rounds: number) {
  const moment = fc.record({
    acknowledgements: fc.integer({ min: 20, max: 2000 }),
    delayMs: fc.integer({ min: 0, max: 60 }),
  });
  return fc.sample(moment, { seed, numRuns: rounds });
}
