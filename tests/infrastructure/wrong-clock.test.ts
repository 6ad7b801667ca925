import { describe, expect, it, onTestFinished } from 'vitest';
import { createMemoryStore } from '#adapters/outbound/memory/memory-store';
import type { EngineStore } from '#application/ports/engine-store';
import type { Reading } from '#domain/reading/reading';
import { DAY, type EpochMillis, HOUR, MINUTE, type Millis, SECOND } from '#domain/time/time';
import { readEnvironment } from '#infrastructure/environment';
import { type Service, startService } from '#infrastructure/service';
import { aLink } from '#testing/links';
import { ManualClock } from '#testing/manual-clock';
import { aMeterReading, aVehicleReading, START } from '#testing/readings';
import { closeHours, retentionOf } from '#testing/upkeep';
import { aWatch } from '#testing/warnings';
import { LogLines } from '#tests/adapters/http/app-under-test';
import { persistentStores } from '#tests/support/persistent-stores';

const config = readEnvironment({ EIE_STORE: 'memory', EIE_RETENTION: '32d' });
const NOW = START + 30 * MINUTE;
const A_YEAR_AHEAD = 400 * DAY;

interface Run {
  readonly service: Service;
  readonly clock: ManualClock;
  readonly log: LogLines;
  readonly store: EngineStore;
  post(timestamp: EpochMillis): Promise<string>;
  ready(): Promise<string>;
}

const places: readonly { readonly name: string; place(): () => Promise<EngineStore> }[] = [
  {
    name: 'memory',
    place: () => {
      const store = createMemoryStore();
      return async () => store;
    },
  },
  ...persistentStores.map(({ name, location, open }) => ({
    name,
    place: () => {
      const at = location();
      return () => open(at);
    },
  })),
];

/** Runs the engine on a store, by a clock that shows this time. */
async function run(open: () => Promise<EngineStore>, now: EpochMillis, trustClock = false): Promise<Run> {
  const [clock, log] = [new ManualClock(now), new LogLines()];
  const store = await open();
  const options = { logger: log, clock, store, listen: false, background: false };
  const service = await startService({ ...config, trustClock }, options);
  onTestFinished(() => service.close());
  const answer = async (request: Request) => {
    const response = await service.fetch(request);
    const { status, errors } = (await response.json()) as { status: unknown; errors?: { code: string }[] };
    const retryAfter = response.headers.get('retry-after');
    const codes = errors?.map(({ code }) => code).join() ?? status;
    return `${response.status} ${codes}${retryAfter === null ? '' : `, retry after ${retryAfter} s`}`;
  };
  return {
    service,
    clock,
    log,
    store,
    post: (timestamp) => {
      const body = JSON.stringify({ meterId: 'M-1', kwhConsumedAc: 0.1, voltage: 230, timestamp });
      const headers = { 'content-type': 'application/json' };
      return answer(new Request(`${service.url}/v1/ingest`, { method: 'POST', body, headers }));
    },
    ready: () => answer(new Request(`${service.url}/health/ready`)),
  };
}

const warnings = ({ log }: Run) => log.lines.filter(({ level }) => level === 'warn').map(({ message }) => message);

/** Some seconds of a run, with two rounds of the background work. */
async function someSeconds({ service, clock }: Run): Promise<void> {
  for (let round = 0; round < 2; round++) {
    clock.advance(3 * SECOND);
    await service.runBackground();
  }
}

describe.each(places)('a run with a clock that is ahead, on $name', ({ place }) => {
  it.each<[string, Millis, (timestamp: EpochMillis) => readonly EpochMillis[]]>([
    ['400 days', A_YEAR_AHEAD, () => []],
    ['400 days, which stores readings', A_YEAR_AHEAD, (now) => [now, now - A_YEAR_AHEAD]],
    ['12 hours, which stores readings', 12 * HOUR, (now) => [now, now - 12 * HOUR]],
    ['12 minutes, which stores readings', 12 * MINUTE, (now) => [now, now - 12 * MINUTE]],
  ])('by %s, loses no history and refuses nothing of the present', async (_, ahead, sent) => {
    const open = place();
    const right = await run(open, NOW);
    expect(await right.post(NOW)).toBe('201 stored');
    await right.service.close();

    const wrong = await run(open, NOW + MINUTE + ahead);
    for (const timestamp of sent(NOW + MINUTE + ahead)) expect(await wrong.post(timestamp)).toBe('201 stored');
    await someSeconds(wrong);
    expect(await wrong.ready()).toBe('200 ready');
    expect(warnings(wrong)).toContain('the clock has jumped ahead');
    await wrong.service.close();

    const again = await run(open, NOW + 2 * MINUTE);
    await someSeconds(again);
    expect(await again.ready()).toBe('200 ready');
    expect(await again.post(NOW + 2 * MINUTE)).toBe('201 stored');
    expect((await again.store.upkeep.retention?.horizon()) ?? -Infinity).toBeLessThan(NOW - 31 * DAY);
    const kept = await again.store.cold.history('meter', 'M-1', { from: NOW, to: NOW + 1 }, { limit: 1 });
    expect(kept).toHaveLength(1);
    expect(warnings(again)).toContain('the clock had jumped ahead in an earlier run; no history was dropped by it');
  });
});

describe.each(places)('a run with a clock that is behind, on $name', ({ place }) => {
  it.each([
    ['400 days', A_YEAR_AHEAD],
    ['3 hours', 3 * HOUR],
  ])('by %s, asks devices to send again what it cannot judge, until the clock is right', async (_, behind) => {
    const open = place();
    const right = await run(open, NOW);
    expect(await right.post(NOW)).toBe('201 stored');
    await right.service.close();

    const wrong = await run(open, NOW + MINUTE - behind);
    await someSeconds(wrong);
    expect(await wrong.ready()).toBe('503 clock-behind');
    expect(await wrong.post(NOW + MINUTE)).toBe('503 clock-behind, retry after 30 s');

    wrong.clock.jump(behind);
    expect(await wrong.ready()).toBe('200 ready');
    expect(await wrong.post(NOW + MINUTE)).toBe('201 stored');
  });

  it('stays ready when it is a little behind, and refuses only what it cannot judge', async () => {
    const open = place();
    await (await run(open, NOW)).service.close();

    const wrong = await run(open, NOW - 12 * MINUTE);
    expect(await wrong.ready()).toBe('200 ready');
    expect(await wrong.post(NOW)).toBe('503 clock-behind, retry after 30 s');
    expect(await wrong.post(NOW - 12 * MINUTE)).toBe('201 stored');
  });

  it('is believed by what devices send: then an earlier clock was ahead', async () => {
    const open = place();
    const ahead = await run(open, NOW + A_YEAR_AHEAD);
    expect(await ahead.post(NOW + A_YEAR_AHEAD)).toBe('201 stored');
    await ahead.service.close();

    const right = await run(open, NOW);
    expect(await right.ready()).toBe('503 clock-behind');
    for (let request = 0; request < 3; request++) {
      right.clock.advance(SECOND);
      expect(await right.post(right.clock.now())).toBe('201 stored');
    }
    expect(await right.ready()).toBe('200 ready');
    expect(warnings(right)).toContain('the clock is right according to the devices; an earlier one was ahead');
    await right.service.close();

    const next = await run(open, NOW + MINUTE);
    expect(await next.ready()).toBe('200 ready');
  });

  it('is believed at once when a person says so', async () => {
    const open = place();
    await (await run(open, NOW + A_YEAR_AHEAD)).service.close();

    const trusted = await run(open, NOW, true);
    expect(await trusted.ready()).toBe('200 ready');
    expect(warnings(trusted)).toEqual(['the clock is trusted without a check']);
    await trusted.service.close();

    const next = await run(open, NOW + MINUTE);
    expect([await next.ready(), warnings(next)]).toEqual(['200 ready', []]);
  });
});

describe.each(places)('a clock that jumps during a run, on $name', ({ place }) => {
  it('ahead and back, loses nothing', async () => {
    const site = await run(place(), NOW);
    expect(await site.post(NOW)).toBe('201 stored');

    site.clock.jump(A_YEAR_AHEAD);
    await someSeconds(site);
    expect(await site.post(NOW + 1)).toBe('201 stored');
    expect(await site.post(NOW + A_YEAR_AHEAD)).toBe('201 stored');
    site.clock.jump(-A_YEAR_AHEAD);
    await someSeconds(site);

    expect(await site.ready()).toBe('200 ready');
    expect(await site.post(NOW + 2)).toBe('201 stored');
    expect(await site.store.cold.history('meter', 'M-1', { from: NOW, to: NOW + HOUR }, { limit: 9 })).toHaveLength(3);
  });

  it('back and ahead, refuses nothing for good', async () => {
    const site = await run(place(), NOW);
    site.clock.jump(-3 * HOUR);
    await someSeconds(site);
    expect(await site.post(NOW)).toBe('503 clock-behind, retry after 30 s');
    expect(await site.ready()).toBe('503 clock-behind');
    site.clock.jump(3 * HOUR);
    expect(await site.post(NOW)).toBe('201 stored');
    expect(await site.ready()).toBe('200 ready');
  });
});

describe.each(places)('marks that an older engine left in the future, on $name', ({ place }) => {
  const link = aLink({ from: START - DAY });
  /** A store of an older engine, whose clock was ahead: it has dropped and evaluated everything. */
  async function damage(open: () => Promise<EngineStore>, alsoStored: readonly Reading[] = []): Promise<void> {
    const store = await open();
    const minutes = Array.from({ length: 30 }, (_, n) => ({ timestamp: START + n * MINUTE, kwh: 0.1 }));
    await store.writer.commit(minutes.flatMap((at) => [aMeterReading(at), aVehicleReading({ ...at, kwh: 0.07 })]));
    await store.links.add([link]);
    await closeHours(store);
    await retentionOf(store).dropBefore(START + 368 * DAY);
    await store.warnings.keep([{ watch: aWatch(null, START + A_YEAR_AHEAD), changed: null }]);
    await store.warnings.evaluated(START + A_YEAR_AHEAD);
    await store.writer.commit(alsoStored);
    await store.close();
  }

  it('are moved back, and the present is taken', async () => {
    const open = place();
    await damage(open);

    const site = await run(open, NOW);
    expect(await site.ready()).toBe('200 ready');
    expect(await site.post(NOW)).toBe('201 stored');
    expect(await site.store.upkeep.retention?.horizon()).toBe(START);
    expect(warnings(site)).toEqual([
      'the kept history began in the future: a clock was ahead; it now begins with this hour',
    ]);

    site.clock.advance(2 * HOUR);
    await site.service.runBackground();
    expect(await site.store.warnings.lastEvaluation()).toBe(START + 2 * HOUR);
    expect((await site.store.warnings.watches(['EV-1'])).get('EV-1')?.evaluatedTo).toBe(START + 2 * HOUR);
  });

  it('never make a reading of the present be refused for good, even when readings were stored then', async () => {
    const open = place();
    const timestamp = START + A_YEAR_AHEAD;
    await damage(open, [aMeterReading({ timestamp, receivedAt: timestamp })]);

    const site = await run(open, NOW);
    for (let request = 0; request < 3; request++)
      expect(await site.post(NOW)).toBe('503 clock-behind, retry after 30 s');
    site.clock.advance(MINUTE);
    await site.service.runBackground();
    await expect.poll(() => site.post(NOW)).toBe('201 stored');
    expect(await site.ready()).toBe('200 ready');
  });
});
