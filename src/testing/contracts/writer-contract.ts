import type { TelemetryStore } from '#application/ports/telemetry-store';
import { type Kind, kinds } from '#domain/streams/streams';
import { DAY, HOUR, MINUTE } from '#domain/time/time';
import { ensure, equal } from '../assertions.ts';
import { aReading, measuredOf, START } from '../readings.ts';
import type { StoreUnderTest } from '../store-under-test.ts';
import { suite } from '../suite.ts';
import type { TestFunctions } from '../test-functions.ts';
import { AROUND, commit, fleetOfEach, history } from './questions.ts';

/** What every `TelemetryWriter` does with single readings and batches. */
export function writerContract(test: TestFunctions, subject: StoreUnderTest<TelemetryStore>): void {
  suite(test, subject, 'the telemetry writer', (it) => {
    it('stores readings of every stream and answers in their order', async (store) => {
      equal(
        await commit(
          store,
          kinds.map((kind) => aReading(kind, { kwh: 1 })),
        ),
        kinds.map(() => 'stored'),
      );

      equal(await store.cold.fleetTotals(AROUND), fleetOfEach({ energy: 1_000_000, readings: 1 }));
    });

    it('returns every field as it was sent', async (store) => {
      for (const kind of kinds) {
        const values = Object.fromEntries(
          measuredOf(kind).map(([name, { min, max }]) => [name, (min + max) / 7 + 0.15]),
        );
        const sent = [
          aReading(kind, { kwh: 0.123456, receivedAt: START + 77, values }),
          aReading(kind, { timestamp: START + 1, kwh: 99.999999, values: valuesAt(kind, 'min') }),
          aReading(kind, { timestamp: START + 2, kwh: 0, values: valuesAt(kind, 'max') }),
        ];
        await commit(store, sent);

        equal(await history(store, kind, `${kind}-1`), sent, kind);
        equal(await store.hot.newest(kind, `${kind}-1`), sent[2], kind);
      }
    });

    it('accepts an empty commit', async (store) => {
      equal(await commit(store, []), []);
      equal(await commit(store, [], { atomic: true }), []);
    });

    it('recognizes the same reading in another commit and in the same one, and counts it once', async (store) => {
      for (const kind of kinds) {
        const reading = aReading(kind, { kwh: 1.5 });

        equal(await commit(store, [reading, { ...reading, receivedAt: reading.receivedAt + 1 }]), [
          'stored',
          'duplicate',
        ]);
        equal(await commit(store, [{ ...reading, receivedAt: reading.receivedAt + 9_000 }]), ['duplicate']);

        equal((await store.cold.fleetTotals(AROUND))[kind], { energy: 1_500_000, readings: 1 }, kind);
        equal(await history(store, kind, `${kind}-1`), [reading], kind);
      }
    });

    it('answers another energy, or another measured value, for the same key with a conflict', async (store) => {
      for (const kind of kinds) {
        const first = aReading(kind, { kwh: 1.5 });
        await commit(store, [first]);
        const others = [
          aReading(kind, { kwh: 1.6 }),
          aReading(kind, { kwh: 1.500001 }),
          ...measuredOf(kind).map(([name, { max }]) => aReading(kind, { kwh: 1.5, values: { [name]: max } })),
        ];

        for (const other of others) equal(await store.writer.commit([other]), [{ status: 'conflict', stored: first }]);

        equal((await store.cold.fleetTotals(AROUND))[kind], { energy: 1_500_000, readings: 1 }, kind);
        equal(await store.hot.newest(kind, `${kind}-1`), first, kind);
      }
    });

    it('lets the first of two readings of one key in one batch win', async (store) => {
      for (const kind of kinds) {
        const [first, second] = [aReading(kind, { kwh: 0.4 }), aReading(kind, { kwh: 0.41 })];

        equal(await store.writer.commit([first, second]), [
          { status: 'stored' },
          { status: 'conflict', stored: first },
        ]);
        equal(await store.hot.newest(kind, `${kind}-1`), first);
      }
    });

    it('distinguishes stored, duplicate and conflict within one batch of old and new readings', async (store) => {
      for (const kind of kinds) {
        const at = (minute: number, kwh = 0.1) => aReading(kind, { timestamp: START + minute * MINUTE, kwh });
        await commit(store, [at(0), at(1), at(5)]);

        equal(await commit(store, [at(0), at(2), at(1, 0.2), at(6), at(6), at(5)]), [
          'duplicate',
          'stored',
          'conflict',
          'stored',
          'duplicate',
          'duplicate',
        ]);
        equal((await store.cold.fleetTotals(AROUND))[kind], { energy: 500_000, readings: 5 }, kind);
      }
    });

    it('keeps streams with the same id and timestamp apart', async (store) => {
      for (const [n, kind] of kinds.entries()) {
        equal(await commit(store, [aReading(kind, { deviceId: 'same', kwh: n + 1 })]), ['stored']);
      }

      for (const [n, kind] of kinds.entries()) {
        equal(await store.hot.newest(kind, 'same'), aReading(kind, { deviceId: 'same', kwh: n + 1 }));
      }
    });

    it('keeps ids apart that differ only in case, and accepts ids of every allowed character', async (store) => {
      const ids = ['ev-1', 'EV-1', 'a:b', 'a.b', '__proto__', 'constructor', '0', '-1', 'x'.repeat(128)];
      for (const kind of kinds) {
        const readings = ids.map((deviceId, n) => aReading(kind, { deviceId, kwh: n / 10 }));

        equal(
          await commit(store, readings),
          ids.map(() => 'stored'),
        );
        for (const reading of readings) equal(await store.hot.newest(kind, reading.deviceId), reading);
      }
    });

    it('stores 5,000 readings of 100 devices in one commit, in any order', async (store) => {
      const kind = kinds[0] as Kind;
      const readings = Array.from({ length: 5000 }, (_, i) => {
        const n = (i * 2503) % 5000; // 2503 and 5000 are coprime: every n once, well mixed
        return aReading(kind, { deviceId: `d-${n % 100}`, timestamp: START + n * 1000, kwh: 0.001 });
      });

      equal(new Set(await commit(store, readings)), new Set(['stored']));
      equal(new Set(await commit(store, readings)), new Set(['duplicate']));
      equal((await store.cold.fleetTotals(AROUND))[kind], { energy: 5_000_000, readings: 5000 });
      equal((await store.hot.newest(kind, 'd-99'))?.timestamp, START + 4999 * 1000);
    });

    it('keeps readings of very different ages in one commit', async (store) => {
      const ages = [0, HOUR, 40 * DAY, 5 * 365 * DAY];
      const years = { from: START - 6 * 365 * DAY, to: START + HOUR };
      for (const kind of kinds) {
        await commit(
          store,
          ages.map((age) => aReading(kind, { timestamp: START - age })),
        );

        equal((await store.cold.fleetTotals(years))[kind].readings, 4);
        equal((await store.cold.deviceTotals(kind, `${kind}-1`, years)).readings, 4);
        equal((await store.hot.newest(kind, `${kind}-1`))?.timestamp, START);
      }
    });

    it('lets later reads see what it has acknowledged, in history, totals and live state', async (store) => {
      for (let minute = 0; minute < 20; minute++) {
        const timestamp = START + minute * MINUTE;
        await commit(
          store,
          kinds.map((kind) => aReading(kind, { timestamp, kwh: 1 })),
        );
        const totals = await store.cold.fleetTotals(AROUND);
        for (const kind of kinds) {
          ensure(totals[kind].readings === minute + 1, `a ${kind} is missing from the totals after its commit`);
          equal((await store.hot.newest(kind, `${kind}-1`))?.timestamp, timestamp);
          equal((await history(store, kind, `${kind}-1`)).length, minute + 1);
        }
      }
    });
  });
}

function valuesAt(kind: Kind, bound: 'min' | 'max'): Record<string, number> {
  return Object.fromEntries(measuredOf(kind).map(([name, field]) => [name, field[bound]]));
}
