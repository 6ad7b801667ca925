import type { TelemetryStore } from '#application/ports/telemetry-store';
import { kinds } from '#domain/streams/streams';
import { MINUTE } from '#domain/time/time';
import { equal } from '../assertions.ts';
import { aReading, START } from '../readings.ts';
import type { StoreUnderTest } from '../store-under-test.ts';
import { suite } from '../suite.ts';
import type { TestFunctions } from '../test-functions.ts';
import { AROUND, commit } from './questions.ts';

/** What every `TelemetryWriter` does with `{ atomic: true }`. */
export function atomicContract(test: TestFunctions, subject: StoreUnderTest<TelemetryStore>): void {
  suite(test, subject, 'an all-or-nothing batch', (it) => {
    const atomic = { atomic: true };

    it('is stored as a whole', async (store) => {
      const batch = kinds.flatMap((kind) => [aReading(kind), aReading(kind, { timestamp: START + MINUTE })]);

      equal(
        await commit(store, batch, atomic),
        batch.map(() => 'stored'),
      );
      equal(
        await commit(store, batch, atomic),
        batch.map(() => 'duplicate'),
      );
    });

    it('with a conflict is not stored, whatever the streams of its readings', async (store) => {
      for (const kind of kinds) {
        const first = aReading(kind, { kwh: 1 });
        await commit(store, [first]);
        const before = await store.cold.fleetTotals(AROUND);
        const later = aReading(kind, { timestamp: START + MINUTE });
        const others = kinds.filter((one) => one !== kind).map((one) => aReading(one, { deviceId: `beside-${kind}` }));

        equal(await commit(store, [later, first, aReading(kind, { kwh: 2 }), ...others], atomic), [
          'withheld',
          'duplicate',
          'conflict',
          ...others.map(() => 'withheld' as const),
        ]);
        equal(await store.hot.newest(kind, `${kind}-1`), first, kind);
        for (const other of others) equal(await store.hot.knows(other.kind, other.deviceId), false);
        equal(await store.cold.fleetTotals(AROUND), before, kind);
        equal(
          await commit(store, [later, ...others]),
          [later, ...others].map(() => 'stored'),
        );
      }
    });

    it('that conflicts with itself is not stored', async (store) => {
      for (const kind of kinds) {
        const [one, two] = [aReading(kind, { kwh: 1 }), aReading(kind, { kwh: 2 })];
        equal(await store.writer.commit([one, two], atomic), [
          { status: 'withheld' },
          { status: 'conflict', stored: null },
        ]);
        equal((await store.cold.fleetTotals(AROUND))[kind].readings, 0);
      }
    });

    it('does not call a reading a duplicate of one that was withheld', async (store) => {
      for (const kind of kinds) {
        const [kept, fresh] = [aReading(kind, { kwh: 1 }), aReading(kind, { deviceId: 'fresh' })];
        await commit(store, [kept]);

        equal(await commit(store, [fresh, fresh, kept, aReading(kind, { kwh: 2 })], atomic), [
          'withheld',
          'withheld',
          'duplicate',
          'conflict',
        ]);
      }
    });
  });
}
