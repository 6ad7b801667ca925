import { describe, expect, it } from 'vitest';
import { ReportVehiclePerformance } from '#application/analytics/report-vehicle-performance';
import { DetectLosses } from '#application/losses/detect-losses';
import type { TelemetryStore } from '#application/ports/telemetry-store';
import { CloseHours } from '#application/upkeep/close-hours';
import { DEFAULT_WARNING_RULE } from '#domain/loss-warning';
import type { Reading } from '#domain/reading/reading';
import { DAY, type EpochMillis, HOUR, MINUTE } from '#domain/time/time';
import type { TimeWindow } from '#domain/time/time-window';
import { asRegister, type Charging, charging } from '#tests/support/charging';
import { aLink } from '#tests/support/links';
import { ManualClock } from '#tests/support/manual-clock';
import { START } from '#tests/support/readings';
import { stores } from '#tests/support/stores';

const END = START + 2 * DAY;
/** Two days from noon, with a session every evening from eight to eleven. */
const EVENING = START + 8 * HOUR;
const evenings = (minutes: number, kw = 7.2, from = EVENING) =>
  [from, from + DAY].map((at) => ({ from: at, to: at + minutes * MINUTE, kw }));
const days = (given: Partial<Charging> = {}) =>
  charging({ meterId: 'M-1', vehicleId: 'EV-1', from: START, to: END, sessions: evenings(180), ...given });

const inEvening = ({ timestamp }: Reading) => (timestamp - EVENING + DAY) % DAY < 3 * HOUR;
const LAST_DAY: TimeWindow = { from: END - DAY, to: END };

interface Case {
  readonly readings: readonly Reading[];
  /** The meter that is linked to EV-1: its own unless another is named, or none. */
  readonly linked?: string | null;
  readonly window?: TimeWindow;
  readonly verdict: string;
  readonly reasons: readonly string[];
  readonly warnings: number;
}

const other = days({ meterId: 'M-2', vehicleId: 'EV-2', sessions: evenings(180, 11, START + 2 * HOUR) });
const bad = days({ efficiency: 0.7 });
const good = days();
const noWarning = { warnings: 0 };

const cases: Record<string, Case> = {
  'a real loss': { readings: bad.all, verdict: 'loss', reasons: [], warnings: 1 },
  'a good charger': { readings: good.all, verdict: 'ok', reasons: [], ...noWarning },
  'a short session': {
    readings: days({ efficiency: 0.6, sessions: evenings(6) }).all,
    verdict: 'loss',
    reasons: ['little-energy'],
    ...noWarning,
  },
  'gaps of the vehicle': {
    readings: [...good.meter, ...good.vehicle.filter((reading) => !inEvening(reading))],
    verdict: 'insufficient-data',
    reasons: ['gaps-in-vehicle-readings'],
    ...noWarning,
  },
  'gaps of the meter': {
    readings: [...bad.meter.filter((_, minute) => minute % 6 !== 0), ...bad.vehicle],
    verdict: 'insufficient-data',
    reasons: ['gaps-in-meter-readings'],
    ...noWarning,
  },
  'no link': {
    readings: bad.all,
    linked: null,
    verdict: 'loss', // of the fleet, like for like
    reasons: ['no-linked-meter'],
    ...noWarning,
  },
  'a wrong link': {
    readings: [...good.all, ...other.all],
    linked: 'M-2',
    verdict: 'implausible',
    reasons: ['more-dc-than-ac'],
    ...noWarning,
  },
  'a meter that sends its register': {
    readings: [...asRegister(good.meter, 3), ...good.vehicle],
    verdict: 'implausible',
    reasons: ['energy-looks-like-a-register'],
    ...noWarning,
  },
  'a vehicle that sends its register': {
    readings: [...good.meter, ...asRegister(good.vehicle, 3)],
    verdict: 'implausible',
    reasons: ['energy-looks-like-a-register'],
    ...noWarning,
  },
  'a clock that is two hours behind': {
    readings: days({ clocks: { vehicle: -2 * HOUR } }).all,
    window: { from: EVENING + DAY, to: EVENING + DAY + 3 * HOUR },
    verdict: 'implausible',
    reasons: ['clock-offset'],
    ...noWarning,
  },
  'a clock that is two hours behind, by the hour': {
    readings: days({ clocks: { vehicle: -2 * HOUR } }).all,
    window: { from: EVENING + 4 * HOUR, to: EVENING + DAY + 2 * HOUR },
    verdict: 'implausible',
    reasons: ['clock-offset'],
    ...noWarning,
  },
};

/** Lives through the two days as a service does: readings as they arrive, hours closed, losses evaluated each hour. */
async function live(store: TelemetryStore, clock: ManualClock, readings: readonly Reading[]): Promise<void> {
  const closeHours = new CloseHours(store.rollups, clock);
  const detectLosses = new DetectLosses(store, clock, DEFAULT_WARNING_RULE);
  const arrived = (from: EpochMillis) =>
    readings.filter(({ receivedAt }) => from <= receivedAt && receivedAt < from + HOUR);
  for (let hour = START; hour < END; hour += HOUR) {
    await store.writer.commit(arrived(hour));
    clock.set(hour + HOUR + 3 * MINUTE);
    await closeHours.close();
    await detectLosses.detect();
  }
}

describe.each(stores)('on $name, a low number', ({ open }) => {
  it.each(Object.entries(cases))('has its cause told: %s', async (_, given) => {
    const store = await open();
    const clock = new ManualClock(START);
    const { linked = 'M-1' } = given;
    if (linked !== null) await store.links.add([aLink({ meterId: linked })]);

    await live(store, clock, given.readings);

    const report = new ReportVehiclePerformance(store, clock, DEFAULT_WARNING_RULE);
    const performance = await report.report('EV-1', given.window ?? LAST_DAY);
    const warnings = await store.warnings.list({ limit: 10 });
    expect({
      verdict: performance?.verdict,
      reasons: performance?.reasons,
      warnings: warnings.map(({ vehicleId }) => vehicleId),
    }).toEqual({ verdict: given.verdict, reasons: given.reasons, warnings: Array(given.warnings).fill('EV-1') });
  });
});
