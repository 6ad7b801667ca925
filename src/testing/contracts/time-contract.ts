import type { TelemetryStore } from '#application/ports/telemetry-store';
import { kinds } from '#domain/streams/streams';
import { DAY, MINUTE } from '#domain/time/time';
import { equal } from '../assertions.ts';
import { aReading, START } from '../readings.ts';
import type { StoreUnderTest } from '../store-under-test.ts';
import { suite } from '../suite.ts';
import type { TestFunctions } from '../test-functions.ts';
import { timeOf } from '../upkeep.ts';
import { commit } from './questions.ts';

/** What a store remembers of the time. */
export function timeContract(test: TestFunctions, subject: StoreUnderTest<TelemetryStore>): void {
  suite(
    test,
    subject,
    'the time record',
    (it) => {
      it('is empty without readings', async (store) => {
        equal(await timeOf(store).read(), undefined);
      });

      it('is when one of the newest readings was received, until it is written', async (store) => {
        const [old, receivedAt] = [aReading('meter', { timestamp: START }), START + DAY];
        await commit(store, [old, ...kinds.map((kind) => aReading(kind, { timestamp: START + MINUTE, receivedAt }))]);

        equal(await timeOf(store).read(), { confirmed: receivedAt, clock: receivedAt });
      });

      it('is what was written last, an earlier time, too', async (store) => {
        await commit(store, [aReading('meter')]);
        await timeOf(store).write({ confirmed: START + DAY, clock: START + 400 * DAY });
        equal(await timeOf(store).read(), { confirmed: START + DAY, clock: START + 400 * DAY });

        await timeOf(store).write({ confirmed: START, clock: START });
        equal(await timeOf(store).read(), { confirmed: START, clock: START });
      });

      it(
        'is the same when the store is opened again',
        async (store, again) => {
          await timeOf(store).write({ confirmed: START, clock: START + DAY });
          await store.close();

          equal(await timeOf(await again()).read(), { confirmed: START, clock: START + DAY });
        },
        ['durable'],
      );
    },
    ['time'],
  );
}
