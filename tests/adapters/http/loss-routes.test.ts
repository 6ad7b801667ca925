import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '#adapters/outbound/memory/memory-store';
import { DetectLosses } from '#application/losses/detect-losses';
import type { ColdStore } from '#application/ports/cold-store';
import type { EngineStore } from '#application/ports/engine-store';
import { DEFAULT_WARNING_RULE } from '#domain/loss-warning';
import { DAY, HOUR, MINUTE } from '#domain/time/time';
import { aLink } from '#testing/links';
import { START } from '#testing/readings';
import { asRegister, charging } from '#tests/support/charging';
import { type AppUnderTest, appUnderTest, problemOf } from './app-under-test.ts';

const iso = (time: number) => new Date(time).toISOString();
const NOW = START + DAY + 20 * MINUTE;

/** Vehicles with their efficiencies over a day. Each has its own meter. */
const fleet: Record<string, number> = { 'EV-1': 0.7, 'EV-2': 0.9, 'EV-3': 0.5, 'EV-4': 0.7, 'EV-5': 1.2, 'EV-6': 0.1 };
const meterOf = (vehicleId: string) => vehicleId.replace('EV', 'M');

async function aFleet(change?: (store: EngineStore) => Promise<unknown>) {
  const store = createMemoryStore();
  for (const [vehicleId, efficiency] of Object.entries(fleet)) {
    const sessions = [{ from: START, to: START + DAY, kw: 6 }];
    const { meter, vehicle } = charging({
      meterId: meterOf(vehicleId),
      vehicleId,
      from: START,
      to: START + DAY,
      sessions,
      efficiency,
    });
    await store.writer.commit(vehicleId === 'EV-6' ? [...asRegister(meter, 1), ...vehicle] : [...meter, ...vehicle]);
    await store.links.add([aLink({ meterId: meterOf(vehicleId), vehicleId, from: START - DAY })]);
  }
  await change?.(store);
  const queries: string[] = [];
  const cold = new Proxy(store.cold, {
    get: (target, name: keyof ColdStore) => {
      const method = target[name] as (...args: unknown[]) => unknown;
      return (...args: unknown[]) => {
        queries.push(name);
        return method.apply(target, args);
      };
    },
  });
  const under = appUnderTest({ ...store, cold });
  under.clock.set(NOW);
  return { ...under, store, queries };
}

interface Row {
  vehicleId: string;
  [member: string]: unknown;
}
interface Page {
  window: unknown;
  data: Row[];
  nextCursor: string | null;
  [member: string]: unknown;
}
const losses = async ({ app }: AppUnderTest, query = '') => {
  const response = await app.request(`/v1/analytics/losses?${query}`);
  expect(response.status).toBe(200);
  return (await response.json()) as Page;
};
const ids = ({ data }: Page) => data.map(({ vehicleId }) => vehicleId);

describe('the list of losses', () => {
  it('has the linked vehicles under the threshold, worst first', async () => {
    const page = await losses(await aFleet());

    expect(ids(page)).toEqual(['EV-6', 'EV-3', 'EV-1', 'EV-4']);
    expect(page).toMatchObject({ window: { from: iso(START), to: iso(START + DAY) }, lossThreshold: 0.85 });
    expect(page.data[1]).toEqual({
      vehicleId: 'EV-3',
      acConsumedKwh: expect.closeTo(144, 0),
      dcDeliveredKwh: expect.closeTo(72, 0),
      lossKwh: expect.closeTo(72, 0),
      efficiency: 0.5,
      coverage: {
        vehicle: { readings: 1440, expected: 1440, ratio: 1 },
        meters: { readings: 1440, expected: 1440, ratio: 1 },
      },
      verdict: 'loss',
      reasons: [],
      meters: ['M-3'],
    });
  });

  it('distinguishes faulty data from a faulty charger', async () => {
    const [worst] = (await losses(await aFleet())).data;
    expect(worst).toMatchObject({ verdict: 'implausible', reasons: ['energy-looks-like-a-register'] });
  });

  it('comes in pages of one window, even if an hour ends between them', async () => {
    const under = await aFleet();
    const first = await losses(under, 'limit=2');
    under.clock.advance(HOUR);
    const second = await losses(under, `limit=2&cursor=${first.nextCursor}`);
    const last = await losses(under, `limit=1&cursor=${first.nextCursor}`);

    expect([ids(first), ids(second)]).toEqual([
      ['EV-6', 'EV-3'],
      ['EV-1', 'EV-4'],
    ]);
    expect(second.window).toEqual(first.window);
    expect(second.nextCursor).toBeNull();
    expect(ids(await losses(under, `cursor=${last.nextCursor}`))).toEqual(['EV-4']);
  });

  it('sums each stream once, whatever the number of vehicles, and diagnoses only the vehicles of the page', async () => {
    const under = await aFleet();
    await losses(under, 'limit=1');
    expect(under.queries.filter((name) => name !== 'seriesByDevice')).toEqual(['totalsByDevice', 'totalsByDevice']);
    expect(under.queries).toHaveLength(4);
  });

  it('attributes a meter that is linked anew to each vehicle to the millisecond', async () => {
    const at = START + 12 * HOUR + 7_001; // the meters post at second 7 of a minute: M-2 of minute 0 is before
    const under = await aFleet(async ({ links }) => {
      await links.end(`M-2@${START - DAY}`, at);
      await links.end(`M-3@${START - DAY}`, at);
      await links.add([aLink({ meterId: 'M-2', vehicleId: 'EV-3', from: at })]);
    });
    const { data } = await losses(under);
    expect(data.find(({ vehicleId }) => vehicleId === 'EV-3')).toMatchObject({
      meters: ['M-2', 'M-3'],
      coverage: { meters: { readings: 1439, expected: 1439 } }, // the minute of the change is whole for neither link
    });
  });

  it.each([
    ['window=1h', START + 23 * HOUR, START + DAY],
    ['window=15m', START + 23 * HOUR, START + DAY],
    ['window=90m', START + 22 * HOUR, START + DAY],
    [`from=${iso(START + 30 * MINUTE)}&to=${iso(START + 90 * MINUTE)}`, START, START + 2 * HOUR],
    [`from=${iso(START)}`, START, START + DAY],
    [`to=${iso(START + 2 * DAY)}&window=2d`, START, START + DAY],
  ])('covers only full hours of the past: %s', async (query, from, to) => {
    expect((await losses(await aFleet(), query)).window).toEqual({ from: iso(from), to: iso(to) });
  });

  it.each([
    [`from=${iso(START + DAY)}`, '/from'],
    ['cursor=x', '/cursor'],
    [`cursor=${Buffer.from('1:a b c d').toString('base64url')}`, '/cursor'],
    ...[
      `-Infinity Infinity 0.5 EV-1`,
      `${-9e15} ${START} 0.5 EV-1`,
      `${START - 11 * 366 * DAY} ${START} 0.5 EV-1`,
      ` ${START} 0.5 EV-1`,
      `${START} ${START} 0.5 EV-1`,
      `${START - DAY} ${START} half EV-1`,
      `${START - DAY} ${START} 0.5 `,
    ].map((place) => [`cursor=${Buffer.from(`1:${place}`).toString('base64url')}`, '/cursor']),
    ['limit=0', '/limit'],
  ])('refuses %s with the name of the parameter', async (query, pointer) => {
    const { app } = await aFleet();
    const { errors } = await problemOf(await app.request(`/v1/analytics/losses?${query}`), 400, 'invalid-query');
    expect(errors[0]?.pointer).toBe(pointer);
  });

  it('is empty without links', async () => {
    const under = appUnderTest();
    expect(ids(await losses(under))).toEqual([]);
  });
});

describe('the list of warnings', () => {
  async function warned() {
    const under = await aFleet();
    under.clock.set(START + DAY + 2 * MINUTE);
    await new DetectLosses(under.store, under.clock, DEFAULT_WARNING_RULE).detect();
    return under;
  }
  const warnings = async ({ app }: AppUnderTest, query = '') =>
    (await (await app.request(`/v1/warnings?${query}`)).json()) as Page;

  it('has each warning with its evidence, newest first', async () => {
    const { data, nextCursor } = await warnings(await warned());
    expect(data.map(({ id }) => id)).toEqual(['EV-4', 'EV-3', 'EV-1'].map((id) => `${id}@${START + 23 * HOUR}`));
    expect(nextCursor).toBeNull();
    expect(data[1]).toEqual({
      id: `EV-3@${START + 23 * HOUR}`,
      vehicleId: 'EV-3',
      state: 'open',
      openedAt: iso(START + 23 * HOUR),
      clearedAt: null,
      lossThreshold: 0.85,
      efficiency: 0.5,
      acConsumedKwh: expect.closeTo(138, 0),
      dcDeliveredKwh: expect.closeTo(69, 0),
      window: { from: iso(START - HOUR), to: iso(START + 23 * HOUR) },
      coverage: {
        vehicle: { readings: 1380, expected: 1440, ratio: 0.9583 },
        meters: { readings: 1380, expected: 1440, ratio: 0.9583 },
      },
    });
  });

  it('comes in pages, and by state', async () => {
    const under = await warned();
    const first = await warnings(under, 'limit=2');
    const second = await warnings(under, `limit=2&cursor=${first.nextCursor}`);
    expect([ids(first), ids(second), second.nextCursor]).toEqual([['EV-4', 'EV-3'], ['EV-1'], null]);
    expect(ids(await warnings(under, 'state=open'))).toHaveLength(3);
    expect(ids(await warnings(under, 'state=cleared'))).toEqual([]);
  });

  it.each([
    ['state=closed', '/state'],
    ['cursor=x', '/cursor'],
    [`cursor=${Buffer.from('1:soon x').toString('base64url')}`, '/cursor'],
  ])('refuses %s with the name of the parameter', async (query, pointer) => {
    const { app } = appUnderTest();
    const { errors } = await problemOf(await app.request(`/v1/warnings?${query}`), 400, 'invalid-query');
    expect(errors[0]?.pointer).toBe(pointer);
  });
});
