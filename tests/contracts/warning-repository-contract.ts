import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TelemetryStore } from '#application/ports/telemetry-store';
import type { LossWarning } from '#domain/loss-warning';
import { HOUR } from '#domain/time/time';
import { START } from '#testing/readings';
import { aWarning, aWatch } from '#testing/warnings';
import type { StoreUnderTest } from './store-under-test.ts';

/** What every `WarningRepository` does. */
export function warningRepositoryContract({ name, open }: StoreUnderTest): void {
  describe(`${name}: loss warnings`, () => {
    let store: TelemetryStore;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());

    it('are empty at first', async () => {
      expect(await store.warnings.list({ limit: 10 })).toEqual([]);
      expect(await store.warnings.watches(['EV-1'])).toEqual(new Map());
      expect(await store.warnings.lastEvaluation()).toBeUndefined();
    });

    it('are stored with their evidence and the watch that opened them', async () => {
      const warning = aWarning();
      await store.warnings.keep([
        { watch: aWatch(warning), changed: warning },
        { watch: aWatch(null, START, 'EV-2'), changed: null },
      ]);

      expect(await store.warnings.list({ limit: 10 })).toEqual([warning]);
      expect(await store.warnings.watches(['EV-1', 'EV-2', 'EV-3'])).toEqual(
        new Map([
          ['EV-1', aWatch(warning)],
          ['EV-2', aWatch(null, START, 'EV-2')],
        ]),
      );
    });

    it('change from open to cleared', async () => {
      const warning = aWarning();
      await store.warnings.keep([{ watch: aWatch(warning), changed: warning }]);
      const cleared = aWarning({ state: 'cleared', clearedAt: START + HOUR });
      await store.warnings.keep([{ watch: aWatch(null, START + HOUR), changed: cleared }]);

      expect(await store.warnings.list({ limit: 10 })).toEqual([cleared]);
      expect(await store.warnings.list({ limit: 10, state: 'open' })).toEqual([]);
      expect(await store.warnings.list({ limit: 10, state: 'cleared' })).toEqual([cleared]);
    });

    it('do not change when another process has already made the evaluation', async () => {
      const warning = aWarning({ openedAt: START + HOUR });
      await store.warnings.keep([{ watch: aWatch(warning, START + HOUR), changed: warning }]);

      const stale = aWarning({ openedAt: START });
      await store.warnings.keep([
        { watch: aWatch(stale, START), changed: stale },
        { watch: aWatch(null, START + HOUR), changed: { ...warning, state: 'cleared', clearedAt: START + HOUR } },
      ]);

      expect(await store.warnings.list({ limit: 10 })).toEqual([warning]);
    });

    it('are listed newest first, page by page', async () => {
      const warnings = [3, 1, 2, 2].map((n, i) => aWarning({ vehicleId: `EV-${i}`, openedAt: START + n * HOUR }));
      await store.warnings.keep(
        warnings.map((warning) => ({
          watch: aWatch(warning, warning.openedAt, warning.vehicleId),
          changed: warning,
        })),
      );
      const [three, one, two, alsoTwo] = warnings as [LossWarning, LossWarning, LossWarning, LossWarning];

      expect(await store.warnings.list({ limit: 10 })).toEqual([three, alsoTwo, two, one]);
      expect(await store.warnings.list({ limit: 2, after: three })).toEqual([alsoTwo, two]);
      expect(await store.warnings.list({ limit: 2, after: alsoTwo })).toEqual([two, one]);
      expect(await store.warnings.list({ limit: 2, after: one })).toEqual([]);
    });

    it('keep the time of the last evaluation, which never moves backwards', async () => {
      await store.warnings.evaluated(START + HOUR);
      await store.warnings.evaluated(START);

      expect(await store.warnings.lastEvaluation()).toBe(START + HOUR);
    });
  });
}
