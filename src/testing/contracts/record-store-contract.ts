import type { RecordStore } from '#application/ports/record-store';
import { DAY, HOUR } from '#domain/time/time';
import { equal } from '../assertions.ts';
import { aLink } from '../links.ts';
import { START } from '../readings.ts';
import type { StoreUnderTest } from '../store-under-test.ts';
import { suite } from '../suite.ts';
import type { TestFunctions } from '../test-functions.ts';
import { aWarning, aWatch } from '../warnings.ts';
import { lifecycleCases } from './lifecycle-contract.ts';
import { linkContract } from './link-contract.ts';
import { warningContract } from './warning-contract.ts';

/**
 * Everything that an adapter must do to store the records of this engine: links and warnings. Of the capabilities,
 * `durable` and `multiWriter` matter here.
 */
export function recordStoreContract(test: TestFunctions, subject: StoreUnderTest<RecordStore>): void {
  linkContract(test, subject);
  warningContract(test, subject);
  suite(test, subject, 'the records', (it) => {
    lifecycleCases(it);

    it(
      'are the same when the store is opened again',
      async (store, again) => {
        const [ended, removed, kept] = [aLink(), aLink({ meterId: 'M-2' }), aLink({ meterId: 'M-3' })];
        await store.links.add([ended, removed, kept]);
        await store.links.end(ended.id, START + DAY);
        await store.links.remove(removed.id);
        const [open, cleared] = [aWarning(), aWarning({ vehicleId: 'EV-2', state: 'cleared', clearedAt: START })];
        await store.warnings.keep([
          { watch: aWatch(open), changed: open },
          { watch: aWatch(null, START + HOUR, 'EV-2'), changed: cleared },
        ]);
        await store.warnings.evaluated(START + HOUR);
        await store.close();

        const { links, warnings } = await again();
        equal(await links.list({ limit: 10 }), [{ ...ended, to: START + DAY }, kept]);
        equal(new Set(await warnings.list({ limit: 10 })), new Set([open, cleared]));
        const watches = new Map([
          ['EV-1', aWatch(open)],
          ['EV-2', aWatch(null, START + HOUR, 'EV-2')],
        ]);
        equal(await warnings.watches(['EV-1', 'EV-2']), watches);
        equal(await warnings.lastEvaluation(), START + HOUR);
      },
      ['durable'],
    );

    it(
      'written by several stores at once do not contradict each other',
      async (one, again) => {
        const two = await again();
        const outcomes = await Promise.all(
          [one, two, one, two].map((store, n) => store.links.add([aLink({ vehicleId: `EV-${n}`, from: START + n })])),
        );

        equal(outcomes.flat().filter(({ status }) => status === 'stored').length, 1);
        equal(await two.links.list({ limit: 10 }), await one.links.list({ limit: 10 }));
      },
      ['multiWriter'],
    );
  });
}
