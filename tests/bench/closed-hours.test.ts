import { expect, it } from 'vitest';
import { createMemoryStore } from '#adapters/outbound/memory/memory-store';
import type { HourRollups, StreamHour } from '#application/ports/hour-rollups';
import { floorTo, HOUR } from '#domain/time/time';
import type { Running } from '../../bench/candidates/candidate.ts';
import { untilHoursAreClosed } from '../../bench/support/closed-hours.ts';

const NO_SUMS: HourRollups = {
  unclosed: async () => [],
  close: async () => {},
  closed: async () => undefined,
  recount: async () => new Map(),
};
const HOUR_OF_METERS: StreamHour = { kind: 'meter', hour: 0 };

function running({ unclosed, evaluated }: { unclosed: StreamHour[]; evaluated: boolean }): Running {
  const store = createMemoryStore();
  return {
    lanes: async () => [],
    stop: async () => {},
    openStore: async () => {
      if (evaluated) await store.warnings.evaluated(floorTo(HOUR, Date.now()));
      return { ...store, upkeep: { rollups: { ...NO_SUMS, unclosed: async () => unclosed } } };
    },
  };
}

it('waits no longer once hours are closed and losses evaluated', async () => {
  await expect(untilHoursAreClosed(running({ unclosed: [], evaluated: true }), HOUR, 0)).resolves.toBeUndefined();
});

it('gives up with what is left to do', async () => {
  await expect(untilHoursAreClosed(running({ unclosed: [HOUR_OF_METERS], evaluated: true }), HOUR, 0)).rejects.toThrow(
    'after 0 s the meters of 1970-01-01T00:00:00.000Z are not closed',
  );
  await expect(untilHoursAreClosed(running({ unclosed: [], evaluated: false }), HOUR, 0)).rejects.toThrow(
    'after 0 s losses are not evaluated',
  );
});
