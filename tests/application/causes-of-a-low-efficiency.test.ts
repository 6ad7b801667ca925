import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '#adapters/outbound/memory/memory-store';
import { ReportVehiclePerformance } from '#application/analytics/report-vehicle-performance';
import { DetectLosses } from '#application/losses/detect-losses';
import type { EngineStore } from '#application/ports/engine-store';
import { CloseHours } from '#application/upkeep/close-hours';
import { DEFAULT_WARNING_RULE } from '#domain/loss-warning';
import type { Reading } from '#domain/reading/reading';
import { DAY, floorTo, HOUR, MINUTE } from '#domain/time/time';
import type { TimeWindow } from '#domain/time/time-window';
import { aLink } from '#testing/links';
import { ManualClock } from '#testing/manual-clock';
import { START } from '#testing/readings';
import { asRegister, type Charging, charging } from '#tests/support/charging';
import { stores } from '#tests/support/stores';

const END = START + 2 * DAY;
/** Two days from noon, with a charging session every evening from eight to eleven. */
const EVENING = START + 8 * HOUR;
const evenings = (minutes: number, kw = 7.2, from = EVENING) =>
  [from, from + DAY].map((at) => ({ from: at, to: at + minutes * MINUTE, kw }));
const days = (given: Partial<Charging> = {}) =>
  charging({ meterId: 'M-1', vehicleId: 'EV-1', from: START, to: END, sessions: evenings(180), ...given });

const inEvening = ({ timestamp }: Reading) => (timestamp - EVENING + DAY) % DAY < 3 * HOUR;
const LAST_DAY: TimeWindow = { from: END - DAY, to: END };

interface Case {
  readonly readings: readonly Reading[];
  /** The meter linked to EV-1, if not its own; `null` for none. */
  readonly linked?: string | null;
  readonly window?: TimeWindow;
  readonly verdict: string;
  readonly reasons: readonly string[];
  /** Whether a warning opens on EV-1. */
  readonly warns?: true;
}

/** The energy since the session began, in every reading of it. */
function sessionCounters<R extends Reading>(readings: readonly R[]): R[] {
  let energy = 0;
  return readings.map((reading) => {
    energy = reading.energy === 0 ? 0 : energy + reading.energy;
    return { ...reading, energy };
  });
}

/** Half an hour of fast charging each noon, far from the linked meter. */
function alsoElsewhere<R extends Reading>(readings: readonly R[]): R[] {
  const atNoon = ({ timestamp }: R) => (timestamp - START) % DAY < 30 * MINUTE;
  return readings.map((reading) => (atNoon(reading) ? { ...reading, energy: 300_000 } : reading));
}

/** Power that climbs through each evening instead of varying. */
function climbing<R extends Reading>(readings: readonly R[]): R[] {
  return readings.map((reading) => {
    const minute = Math.floor(((reading.timestamp - EVENING + DAY) % DAY) / MINUTE);
    return { ...reading, energy: Math.round((reading.energy * (60 + minute)) / 180) };
  });
}

const other = days({ meterId: 'M-2', vehicleId: 'EV-2', sessions: evenings(180, 11, START + 2 * HOUR) });
const bad = days({ efficiency: 0.7 });
const good = days();

const cases: Record<string, Case> = {
  'a real loss': { readings: bad.all, verdict: 'loss', reasons: [], warns: true },
  'a good charger': { readings: good.all, verdict: 'ok', reasons: [] },
  'a short session': {
    readings: days({ efficiency: 0.6, sessions: evenings(6) }).all,
    verdict: 'loss',
    reasons: ['little-energy'],
  },
  'gaps of the vehicle': {
    readings: [...good.meter, ...good.vehicle.filter((reading) => !inEvening(reading))],
    verdict: 'insufficient-data',
    reasons: ['gaps-in-vehicle-readings'],
  },
  'gaps of the meter': {
    readings: [...bad.meter.filter((_, minute) => minute % 6 !== 0), ...bad.vehicle],
    verdict: 'insufficient-data',
    reasons: ['gaps-in-meter-readings'],
  },
  'no link': {
    readings: bad.all,
    linked: null,
    verdict: 'insufficient-data', // the numbers are the whole fleet's
    reasons: ['no-linked-meter'],
  },
  'a wrong link': {
    readings: [...good.all, ...other.all],
    linked: 'M-2',
    verdict: 'implausible',
    reasons: ['more-dc-than-ac'],
  },
  'a meter that sends its register': {
    readings: [...asRegister(good.meter, 3), ...good.vehicle],
    verdict: 'implausible',
    reasons: ['energy-looks-like-a-register'],
  },
  'a vehicle that sends its register': {
    readings: [...good.meter, ...asRegister(good.vehicle, 3)],
    verdict: 'implausible',
    reasons: ['energy-looks-like-a-register'],
  },
  'a meter that sends the counter of each session': {
    readings: [...sessionCounters(bad.meter), ...bad.vehicle],
    verdict: 'implausible',
    reasons: ['energy-looks-like-a-register'],
  },
  'both sides send the counter of each session': {
    readings: [
      ...sessionCounters(days({ sessions: evenings(180, 22) }).meter),
      ...sessionCounters(days({ sessions: evenings(180, 22) }).vehicle),
    ],
    verdict: 'implausible',
    reasons: ['energy-looks-like-a-register'],
  },
  'a loss at home of a vehicle that also charges elsewhere': {
    readings: [...bad.meter, ...alsoElsewhere(bad.vehicle)],
    verdict: 'loss',
    reasons: ['dc-without-ac'],
    warns: true,
  },
  'a good charger of a vehicle that also charges elsewhere': {
    readings: [...good.meter, ...alsoElsewhere(good.vehicle)],
    verdict: 'ok',
    reasons: ['dc-without-ac'],
  },
  'a loss of a vehicle whose power climbs smoothly': {
    readings: climbing(bad.all),
    verdict: 'loss',
    reasons: [],
    warns: true,
  },
  'a clock that is two hours behind': {
    readings: days({ clocks: { vehicle: -2 * HOUR } }).all,
    window: { from: EVENING + DAY, to: EVENING + DAY + 3 * HOUR },
    verdict: 'implausible',
    reasons: ['clock-offset'],
  },
  'a clock that is two hours behind, by the hour': {
    readings: days({ clocks: { vehicle: -2 * HOUR } }).all,
    window: { from: EVENING + 4 * HOUR, to: EVENING + DAY + 2 * HOUR },
    verdict: 'implausible',
    reasons: ['clock-offset'],
  },
};

/** Lives through the two days as a service does: readings as they arrive, hours closed, losses evaluated each hour. */
async function live(
  store: EngineStore,
  readings: readonly Reading[],
  linked: readonly [string, string][],
  step = HOUR,
) {
  await store.links.add(linked.map(([meterId, vehicleId]) => aLink({ meterId, vehicleId })));
  const clock = new ManualClock(START);
  const closeHours = new CloseHours(store.upkeep, clock);
  const detectLosses = new DetectLosses(store, clock, DEFAULT_WARNING_RULE);
  const arrivals = Map.groupBy(readings, ({ receivedAt }) => floorTo(step, receivedAt));
  for (let from = START; from < END; from += step) {
    await store.writer.commit(arrivals.get(from) ?? []);
    clock.set(from + step + 3 * MINUTE);
    await closeHours.close();
    await detectLosses.detect();
  }
  const warnings = await store.warnings.list({ limit: 100 });
  const report = new ReportVehiclePerformance(store, clock, DEFAULT_WARNING_RULE);
  return {
    warned: warnings.map(({ vehicleId }) => vehicleId),
    judge: async (vehicleId: string, window = LAST_DAY) => {
      const performance = await report.report(vehicleId, window);
      return { verdict: performance?.verdict, reasons: performance?.reasons };
    },
  };
}

const judgementOf = ({ verdict, reasons }: Case) => ({ verdict, reasons });

describe('a low efficiency', () => {
  // Each case on its own, in memory: what the use cases make of the data.
  it.each(Object.entries(cases))('is explained: %s', async (_, given) => {
    const { linked = 'M-1' } = given;

    const { judge, warned } = await live(
      createMemoryStore(),
      given.readings,
      linked === null ? [] : [[linked, 'EV-1']],
    );

    expect(await judge('EV-1', given.window)).toEqual(judgementOf(given));
    expect(warned).toEqual(given.warns ? ['EV-1'] : []);
  });
});

describe.each(stores)('on $name, a low efficiency', ({ open }) => {
  // All linked cases at once, as one fleet: the store's totals, series and watches lead to the same answers as on their
  // own, and the cases do not affect each other.
  it('is explained for each vehicle of a fleet', async () => {
    const fleet = Object.entries(cases).filter(([, { linked }]) => linked !== null);
    const readings = fleet.flatMap(([, given], i) =>
      given.readings.map((reading) => ({ ...reading, deviceId: `${reading.deviceId}.${i}` })),
    );

    const { judge, warned } = await live(
      await open(),
      readings,
      fleet.map(([, { linked = 'M-1' }], i) => [`${linked}.${i}`, `EV-1.${i}`]),
    );

    const judgements = fleet.map(async ([name, { window }], i) => [name, await judge(`EV-1.${i}`, window)]);
    expect(Object.fromEntries(await Promise.all(judgements))).toEqual(
      Object.fromEntries(fleet.map(([name, given]) => [name, judgementOf(given)])),
    );
    expect(warned.sort()).toEqual(fleet.flatMap(([, { warns }], i) => (warns ? [`EV-1.${i}`] : [])).sort());
  });

  // Without a link the fleet's numbers are shown, so that this vehicle needs a store of its own. Nothing is evaluated, so
  // that larger steps do.
  it('is not judged without a link', async () => {
    const given = cases['no link'] as Case;

    const { judge, warned } = await live(await open(), given.readings, [], 12 * HOUR);

    expect(await judge('EV-1')).toEqual(judgementOf(given));
    expect(warned).toEqual([]);
  });
});
