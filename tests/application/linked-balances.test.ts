import { expect, it } from 'vitest';
import { createMemoryStore } from '#adapters/outbound/memory/memory-store';
import { LinkedBalances } from '#application/analytics/linked-balances';
import type { ColdStore } from '#application/ports/cold-store';
import { DAY } from '#domain/time/time';
import { aLink } from '#testing/links';
import { ManualClock } from '#testing/manual-clock';
import { START } from '#testing/readings';

const WINDOW = { from: START, to: START + DAY };

async function aFleetOf(vehicles: number) {
  const store = createMemoryStore();
  await store.links.add(Array.from({ length: vehicles }, (_, n) => aLink({ meterId: `M-${n}`, vehicleId: `EV-${n}` })));
  return store;
}

it('streams are summed one after the other', async () => {
  const store = await aFleetOf(1);
  const events: string[] = [];
  const cold: Partial<ColdStore> = {
    totalsByDevice: async (kind) => {
      events.push(`${kind} begins`);
      await new Promise((resolve) => setImmediate(resolve));
      events.push(`${kind} ends`);
      return new Map();
    },
  };

  await new LinkedBalances({ ...store, cold: cold as ColdStore }, new ManualClock(WINDOW.to), 0.85).compute(WINDOW);

  expect(events).toEqual(['vehicle begins', 'vehicle ends', 'meter begins', 'meter ends']);
});

it('the event loop runs between the vehicles of a large fleet', async () => {
  const store = await aFleetOf(2_000);
  let turns = 0;
  let isDone = false;
  const count = (): void => {
    turns++;
    if (!isDone) setImmediate(count);
  };
  setImmediate(count);

  const balances = await new LinkedBalances(store, new ManualClock(WINDOW.to), 0.85).compute(WINDOW);
  isDone = true;

  expect(balances).toHaveLength(2_000);
  expect(turns).toBeGreaterThanOrEqual(4);
});
