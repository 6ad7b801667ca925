import type { TelemetryStore } from '#application/ports/telemetry-store';
import { type Kind, kinds } from '#domain/streams/streams';
import { MINUTE } from '#domain/time/time';
import { ensure, equal } from '../assertions.ts';
import { aReading, START } from '../readings.ts';
import type { StoreUnderTest } from '../store-under-test.ts';
import { suite } from '../suite.ts';
import type { TestFunctions } from '../test-functions.ts';
import { AROUND, commit, history } from './questions.ts';

/** What every store keeps right while commits and reads overlap. */
export function concurrencyContract(test: TestFunctions, subject: StoreUnderTest<TelemetryStore>): void {
  suite(test, subject, 'concurrent commits', (it) => {
    it('of overlapping readings store each key once', async (store) => {
      const batch = Array.from({ length: 60 }, (_, i) =>
        kinds.map((kind) => aReading(kind, { deviceId: `d-${i % 20}`, timestamp: START + i * MINUTE, kwh: 0.01 })),
      );
      const answers = await Promise.all(
        [0, 1, 2, 3].map((client) => commit(store, batch.slice(client * 10, client * 10 + 30).flat())),
      );

      const statuses = answers.flat();
      equal(statuses.filter((status) => status === 'stored').length, 60 * kinds.length);
      equal(statuses.filter((status) => status === 'duplicate').length, 60 * kinds.length);
      for (const kind of kinds) {
        equal((await store.cold.fleetTotals(AROUND))[kind], { energy: 600_000, readings: 60 }, kind);
      }
    });

    it('of different values for one key let exactly one win', async (store) => {
      for (const kind of kinds) {
        const answers = await Promise.all([1, 2, 3, 4, 5].map((kwh) => store.writer.commit([aReading(kind, { kwh })])));

        const outcomes = answers.map(([outcome]) => outcome);
        const winner = outcomes.findIndex((outcome) => outcome?.status === 'stored');
        const stored = aReading(kind, { kwh: winner + 1 });
        const conflicts = outcomes.filter((outcome) => outcome?.status === 'conflict');
        equal(conflicts, Array(4).fill({ status: 'conflict', stored }));
        equal(await history(store, kind, `${kind}-1`), [stored], kind);
      }
    });

    it('with a new device make its newest reading the live state', async (store) => {
      const kind = kinds[0] as Kind;
      const newest: number[] = [];
      for (let round = 0; round < 10; round++) {
        const old = aReading(kind, { deviceId: `${round}-0` });
        const many = Array.from({ length: 1000 }, (_, i) =>
          aReading(kind, { deviceId: `${round}-${i}`, timestamp: START + MINUTE }),
        );
        await Promise.all([commit(store, [old]), commit(store, many)]);
        newest.push((await store.hot.newest(kind, old.deviceId))?.timestamp ?? 0);
      }

      equal(newest, Array(10).fill(START + MINUTE));
    });

    // Each read sees a moment no earlier than the read before it, so what grows can only grow from one to the next.
    it('never show a reader half of a commit', async (store) => {
      let isDone = false;
      const writing = (async () => {
        for (let minute = 0; minute < 60; minute++) {
          const at = { timestamp: START + minute * MINUTE, kwh: 1 };
          await commit(
            store,
            kinds.flatMap((kind) => ['a', 'b', 'c'].map((deviceId) => aReading(kind, { deviceId, ...at }))),
          );
        }
      })().finally(() => {
        isDone = true;
      });
      for (let n = 0; !isDone; n++) {
        const kind = kinds[n % kinds.length] as Kind;
        const counts = [
          ['the fleet totals', (await store.cold.fleetTotals(AROUND))[kind].readings],
          ['the history', 3 * (await history(store, kind, 'b')).length],
          ['the fleet totals', (await store.cold.fleetTotals(AROUND))[kind].readings],
          ['the device totals', 3 * (await store.cold.deviceTotals(kind, 'c', AROUND)).readings],
          ['the live state', 3 * minutesUpTo((await store.hot.newest(kind, 'a'))?.timestamp)],
          ['the history', 3 * (await history(store, kind, 'b')).length],
          ['the fleet totals', (await store.cold.fleetTotals(AROUND))[kind].readings],
        ] as const;
        for (const [i, [name, count]] of counts.entries()) {
          const [before, atLeast] = counts[i - 1] ?? [name, 0];
          ensure(count >= atLeast, `${name} had ${count} ${kind} readings after ${before} had ${atLeast}`);
          ensure(count % 3 === 0, `${name} had ${count} ${kind} readings, of commits with 3`);
        }
        await new Promise((resolve) => setTimeout(resolve, n % 3 === 0 ? 1 : 0));
      }
      await writing;
    });
  });
}

function minutesUpTo(newest: number | undefined): number {
  return newest === undefined ? 0 : (newest - START) / MINUTE + 1;
}
