import type { StoreLifecycle } from '#application/ports/store-lifecycle';
import type { TelemetryStore } from '#application/ports/telemetry-store';
import { kinds } from '#domain/streams/streams';
import { MINUTE } from '#domain/time/time';
import { equal } from '../assertions.ts';
import { aReading, START } from '../readings.ts';
import type { StoreUnderTest } from '../store-under-test.ts';
import { type DefineCase, suite } from '../suite.ts';
import type { TestFunctions } from '../test-functions.ts';
import { AROUND, commit, fleetOfEach } from './questions.ts';

/** What every store does when it is asked for its health, closed, and opened again. */
export function lifecycleCases<Store extends StoreLifecycle>(it: DefineCase<Store>): void {
  it('is healthy while it is open', async (store) => {
    await store.health.check();
  });

  it('can be closed twice, also at once', async (store) => {
    await Promise.all([store.close(), store.close()]);
    await store.close();
  });

  it('has not failed because it was closed', async (store) => {
    let failure: unknown;
    void store.failed?.then((reason) => {
      failure = reason;
    });
    await store.close();
    await new Promise((resolve) => setImmediate(resolve));
    equal(failure, undefined);
  });
}

/** The life of a telemetry store: opened, closed, opened again, several times at once. */
export function telemetryLifecycleContract(test: TestFunctions, subject: StoreUnderTest<TelemetryStore>): void {
  suite(test, subject, 'the store', (it) => {
    lifecycleCases(it);

    it('has the upkeep that it declares', async ({ upkeep }) => {
      const { rollups, retention, time = false } = subject.capabilities;
      const found = { rollups: upkeep.rollups, retention: upkeep.retention, time: upkeep.time };
      const has = Object.fromEntries(Object.entries(found).map(([name, part]) => [name, part !== undefined]));
      equal(has, { rollups, retention, time });
    });

    it(
      'finishes the commits in progress when it is closed',
      async (store, again) => {
        const answers = [0, 1, 2].map((n) =>
          commit(
            store,
            kinds.map((kind) => aReading(kind, { timestamp: START + n * MINUTE, kwh: 1 })),
          ),
        );
        await Promise.all([store.close(), ...answers]);

        const reopened = await again();
        equal(await reopened.cold.fleetTotals(AROUND), fleetOfEach({ energy: 3_000_000, readings: 3 }));
      },
      ['durable'],
    );

    it(
      'gives the same answers when it is opened again',
      async (store, again) => {
        const readings = kinds.flatMap((kind) =>
          Array.from({ length: 200 }, (_, n) =>
            aReading(kind, { deviceId: `d-${n % 3}`, timestamp: START + n * MINUTE, kwh: n / 100 }),
          ),
        );
        await commit(store, readings);
        const answers = ({ cold, hot }: TelemetryStore) =>
          Promise.all([
            cold.fleetTotals(AROUND),
            cold.fleetHours(AROUND),
            ...kinds.flatMap((kind) => [
              hot.page(kind, { limit: 10 }),
              cold.history(kind, 'd-1', AROUND, { limit: 1_000 }),
              cold.totalsByDevice(kind, AROUND),
            ]),
          ]);
        const before = await answers(store);
        await store.close();

        const reopened = await again();
        equal(await answers(reopened), before);
        equal(new Set(await commit(reopened, readings)), new Set(['duplicate']));
        equal(await answers(reopened), before);
      },
      ['durable'],
    );

    it(
      'counts once what several writers commit at once, and each sees what the others have',
      async (one, again) => {
        const two = await again();
        const batch = kinds.flatMap((kind) =>
          Array.from({ length: 100 }, (_, n) =>
            aReading(kind, { deviceId: `d-${n % 10}`, timestamp: START + n * MINUTE, kwh: 0.01 }),
          ),
        );
        const statuses = (await Promise.all([one, two, one, two].map((store) => commit(store, batch)))).flat();

        equal(statuses.filter((status) => status === 'stored').length, batch.length);
        equal(statuses.filter((status) => status === 'duplicate').length, 3 * batch.length);
        for (const [n, [writer, reader]] of [
          [one, two],
          [two, one],
        ].entries()) {
          for (const kind of kinds) {
            const newest = aReading(kind, { deviceId: 'd-1', timestamp: START + (200 + n) * MINUTE });
            await commit(writer as TelemetryStore, [newest]);
            equal(await reader?.hot.newest(kind, 'd-1'), newest);
            equal(await reader?.cold.fleetTotals(AROUND), await writer?.cold.fleetTotals(AROUND));
          }
        }
      },
      ['multiWriter'],
    );
  });
}
