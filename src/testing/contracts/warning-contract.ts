import type { RecordStore } from '#application/ports/record-store';
import type { LossWarning } from '#domain/loss-warning';
import { DAY, HOUR } from '#domain/time/time';
import { equal } from '../assertions.ts';
import { START } from '../readings.ts';
import type { StoreUnderTest } from '../store-under-test.ts';
import { suite } from '../suite.ts';
import type { TestFunctions } from '../test-functions.ts';
import { aWarning, aWatch } from '../warnings.ts';

/** What every `WarningRepository` does. */
export function warningContract(test: TestFunctions, subject: StoreUnderTest<RecordStore>): void {
  suite(test, subject, 'loss warnings', (it) => {
    it('are empty at first', async ({ warnings }) => {
      equal(await warnings.list({ limit: 10 }), []);
      equal(await warnings.watches(['EV-1']), new Map());
      equal(await warnings.lastEvaluation(), undefined);
    });

    it('are stored with their evidence and the watch that opened them', async ({ warnings }) => {
      const warning = aWarning();
      await warnings.keep([
        { watch: aWatch(warning), changed: warning },
        { watch: aWatch(null, START, 'EV-2'), changed: null },
      ]);

      equal(await warnings.list({ limit: 10 }), [warning]);
      equal(
        await warnings.watches(['EV-1', 'EV-2', 'EV-3']),
        new Map([
          ['EV-1', aWatch(warning)],
          ['EV-2', aWatch(null, START, 'EV-2')],
        ]),
      );
    });

    it('change from open to cleared', async ({ warnings }) => {
      const warning = aWarning();
      await warnings.keep([{ watch: aWatch(warning), changed: warning }]);
      const cleared = aWarning({ state: 'cleared', clearedAt: START + HOUR });
      await warnings.keep([{ watch: aWatch(null, START + HOUR), changed: cleared }]);

      equal(await warnings.list({ limit: 10 }), [cleared]);
      equal(await warnings.list({ limit: 10, state: 'open' }), []);
      equal(await warnings.list({ limit: 10, state: 'cleared' }), [cleared]);
    });

    it('do not change when another process has already made the evaluation', async ({ warnings }) => {
      const warning = aWarning({ openedAt: START + HOUR });
      await warnings.keep([{ watch: aWatch(warning, START + HOUR), changed: warning }]);

      const stale = aWarning({ openedAt: START });
      await warnings.keep([
        { watch: aWatch(stale, START), changed: stale },
        { watch: aWatch(null, START + HOUR), changed: { ...warning, state: 'cleared', clearedAt: START + HOUR } },
      ]);

      equal(await warnings.list({ limit: 10 }), [warning]);
    });

    it('are listed newest first, page by page', async ({ warnings }) => {
      const all = [3, 1, 2, 2].map((n, i) => aWarning({ vehicleId: `EV-${i}`, openedAt: START + n * HOUR }));
      await warnings.keep(
        all.map((warning) => ({ watch: aWatch(warning, warning.openedAt, warning.vehicleId), changed: warning })),
      );
      const [three, one, two, alsoTwo] = all as [LossWarning, LossWarning, LossWarning, LossWarning];

      equal(await warnings.list({ limit: 10 }), [three, alsoTwo, two, one]);
      equal(await warnings.list({ limit: 2, after: three }), [alsoTwo, two]);
      equal(await warnings.list({ limit: 2, after: alsoTwo }), [two, one]);
      equal(await warnings.list({ limit: 2, after: one }), []);
    });

    it('change when the stored evaluation is later than any can be: a clock was ahead', async ({ warnings }) => {
      const future = START + 400 * DAY;
      const warning = aWarning();
      await warnings.keep([{ watch: aWatch(warning, future), changed: warning }]);
      const cleared = aWarning({ state: 'cleared', clearedAt: START + HOUR });
      await warnings.keep([{ watch: aWatch(null, START + HOUR), changed: cleared }], future);
      equal(await warnings.list({ limit: 10 }), [warning]);

      await warnings.keep([{ watch: aWatch(null, START + HOUR), changed: cleared }], START + 2 * HOUR);

      equal(await warnings.list({ limit: 10 }), [cleared]);
      equal(await warnings.watches(['EV-1']), new Map([['EV-1', aWatch(null, START + HOUR)]]));
    });

    it('keep the last evaluation, which moves back only from a time that is later than any can be', async (store) => {
      const { warnings } = store;
      await warnings.evaluated(START + 400 * DAY);
      await warnings.evaluated(START, START + 400 * DAY);
      equal(await warnings.lastEvaluation(), START + 400 * DAY);

      await warnings.evaluated(START, START + HOUR);
      equal(await warnings.lastEvaluation(), START);
    });

    it('keep the time of the last evaluation, which an earlier one does not change', async ({ warnings }) => {
      await warnings.evaluated(START + HOUR);
      await warnings.evaluated(START);

      equal(await warnings.lastEvaluation(), START + HOUR);
    });
  });
}
