import type { TelemetryStore } from '#application/ports/telemetry-store';
import { addDeviceTotals, type DeviceTotals, noDeviceTotals } from '#domain/reading/totals';
import { type Kind, kinds } from '#domain/streams/streams';
import { HOUR, MINUTE, SECOND } from '#domain/time/time';
import type { TimeWindow } from '#domain/time/time-window';
import { equal } from '../assertions.ts';
import { aReading, START } from '../readings.ts';
import type { StoreUnderTest } from '../store-under-test.ts';
import { suite } from '../suite.ts';
import type { TestFunctions } from '../test-functions.ts';
import { closeHours, retentionOf, rollupsOf } from '../upkeep.ts';
import { commit, totalsOf } from './questions.ts';

const HOURS = 3;
const ALL = { from: START, to: START + HOURS * HOUR };

/** Seconds after `START` at which a device posts, and the totals of each of the three hours that follow from them. */
const DEVICES: Readonly<Record<string, { readonly at: readonly number[]; readonly hours: readonly Minutes[] }>> = {
  regular: { at: every(60, 180, 12), hours: [minutes(60, 60), minutes(60, 60), minutes(60, 60)] },
  fast: { at: every(20, 120), hours: [minutes(40, 41), minutes(0, 0), minutes(0, 0)] },
  // At the full minute, late and early in turn: two readings in one minute and none in the next.
  jittered: {
    at: every(60, 180).map((second, i) => second + (i % 2 === 0 ? 0.15 : -0.15)),
    hours: [minutes(30, 60), minutes(30, 60), minutes(30, 60)],
  },
  // Before each full minute, then after it: a shifted minute on both sides of an hour counts in both.
  paired: {
    at: every(60, 181).flatMap((second) => [second - 0.001, second]),
    hours: [minutes(60, 61), minutes(60, 61), minutes(60, 61)],
  },
  halves: { at: [29.999, 30, 89.999, 90, 3_629.999, 3_630], hours: [minutes(2, 3), minutes(1, 2), minutes(0, 0)] },
  burst: { at: every(0.01, 50, 3_700), hours: [minutes(0, 0), minutes(1, 1), minutes(0, 0)] },
};

type Minutes = Pick<DeviceTotals, 'minutes' | 'shiftedMinutes'>;

function minutes(minutes: number, shiftedMinutes: number): Minutes {
  return { minutes, shiftedMinutes };
}

function every(period: number, count: number, first = 0): number[] {
  return Array.from({ length: count }, (_, i) => first + i * period);
}

/** Of the readings of a device, in turn, in kWh: none, as much as is standby, and some that flowed. */
const ENERGIES = [0, 0.000_3, 0.01];

const readingsOf = (kind: Kind) =>
  Object.entries(DEVICES).flatMap(([deviceId, { at }]) =>
    at.map((second, i) =>
      aReading(kind, {
        deviceId,
        timestamp: START + Math.round(second * SECOND),
        kwh: ENERGIES[i % ENERGIES.length] as number,
      }),
    ),
  );
const READINGS = kinds.flatMap(readingsOf);

/** In an order in which the readings of a minute, and of neighbouring ones, arrive mixed and in several commits. */
const MIXED = [0, 1, 2].map((part) => READINGS.filter((_, i) => (i * 7) % 3 === part).toReversed());

const WINDOWS: readonly TimeWindow[] = [
  ALL,
  ...Array.from({ length: HOURS }, (_, hour) => ({ from: START + hour * HOUR, to: START + (hour + 1) * HOUR })),
  { from: START + 7 * MINUTE, to: START + 2 * HOUR + 11 * MINUTE },
  { from: START + 20_000, to: START + HOUR + 40_001 },
  { from: START + 59 * MINUTE + 30_000, to: START + HOUR + 30_000 },
];

async function checkTotals({ cold }: TelemetryStore): Promise<void> {
  for (const kind of kinds) {
    for (const [deviceId, { hours }] of Object.entries(DEVICES)) {
      for (const window of WINDOWS) {
        const expected = totalsOf(READINGS, kind, deviceId, window);
        equal(await cold.deviceTotals(kind, deviceId, window), expected, `${kind} ${deviceId}`);
      }
      for (const [hour, expected] of hours.entries()) {
        const window = { from: START + hour * HOUR, to: START + (hour + 1) * HOUR };
        const { minutes, shiftedMinutes } = await cold.deviceTotals(kind, deviceId, window);
        equal({ minutes, shiftedMinutes }, expected, `hour ${hour} of ${kind} ${deviceId}`);
      }
    }
    const expected = Object.keys(DEVICES).map((id) => [id, totalsOf(READINGS, kind, id, ALL)] as const);
    equal(await cold.totalsByDevice(kind, ALL), new Map(expected), kind);
  }
}

/** Every store counts the same minutes, from readings and from hourly sums. */
export function minutesContract(test: TestFunctions, subject: StoreUnderTest<TelemetryStore>): void {
  suite(test, subject, 'minutes with readings', (it) => {
    it('are counted hour by hour, whatever the order in which readings arrive, in any hours closed', async (store) => {
      for (const part of MIXED) await commit(store, part);
      for (const before of [-Infinity, START + 2 * HOUR, Infinity]) {
        await closeHours(store, before);
        await checkTotals(store);
      }
    });

    it('add up from hour to hour', async (store) => {
      await commit(store, READINGS);
      await closeHours(store, START + HOUR);
      for (const kind of kinds) {
        for (const deviceId of Object.keys(DEVICES)) {
          const ofHour = (hour: number) =>
            store.cold.deviceTotals(kind, deviceId, { from: START + hour * HOUR, to: START + (hour + 1) * HOUR });
          const hours = await Promise.all([0, 1, 2].map(ofHour));
          const sum = hours.reduce(addDeviceTotals, noDeviceTotals(kind));
          equal(await store.cold.deviceTotals(kind, deviceId, ALL), sum, `${kind} ${deviceId}`);
        }
      }
    });

    it('change with a reading that arrives late', async (store) => {
      const window = { from: START, to: START + HOUR };
      for (const kind of kinds) {
        const counts = async () => {
          const { minutes, shiftedMinutes, activeMinutes } = await store.cold.deviceTotals(kind, 'late', window);
          return [minutes, shiftedMinutes, activeMinutes];
        };
        const at = (second: number, kwh: number) =>
          aReading(kind, { deviceId: 'late', timestamp: START + second * SECOND, kwh });
        await commit(store, [at(200, 0.000_3)]);
        await closeHours(store);
        equal(await counts(), [1, 1, 0], kind);
        await commit(store, [at(215, 0.000_301)]); // the same minute, in its other half; just more than standby
        equal(await counts(), [1, 2, 1], kind);
        await closeHours(store);
        equal(await counts(), [1, 2, 1], kind);
        await commit(store, [at(250, 1), at(20, 0)]); // 250 s is the second half of a shifted minute that is known
        await closeHours(store);
        equal(await counts(), [3, 3, 2], kind);
      }
    });
  });

  suite(
    test,
    subject,
    'minutes with readings',
    (it) => {
      it('of closed hours equal a recount', async (store) => {
        for (const part of MIXED) await commit(store, part);
        await closeHours(store);
        for (const kind of kinds) {
          for (let hour = START; hour < ALL.to; hour += HOUR) {
            const closed = await rollupsOf(store).closed({ kind, hour });
            equal(closed, await rollupsOf(store).recount({ kind, hour }), kind);
            const window = { from: hour, to: hour + HOUR };
            equal(closed?.get('jittered'), totalsOf(READINGS, kind, 'jittered', window), kind);
          }
        }
      });
    },
    ['rollups'],
  );

  suite(
    test,
    subject,
    'minutes with readings',
    (it) => {
      it('are kept of hours whose readings were dropped', async (store) => {
        await commit(store, READINGS);
        await closeHours(store);
        await retentionOf(store).dropBefore(START + 2 * HOUR);
        for (const kind of kinds) {
          const all = Object.keys(DEVICES).map((id) => [id, totalsOf(READINGS, kind, id, ALL)] as const);
          equal(await store.cold.totalsByDevice(kind, ALL), new Map(all), kind);
          for (const [deviceId, expected] of all) {
            equal(await store.cold.deviceTotals(kind, deviceId, ALL), expected, `${kind} ${deviceId}`);
          }
        }
      });
    },
    ['retention'],
  );
}
