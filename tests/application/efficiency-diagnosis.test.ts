import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '#adapters/outbound/memory/memory-store';
import { EfficiencyDiagnosis } from '#application/analytics/efficiency-diagnosis';
import { LinkedBalances } from '#application/analytics/linked-balances';
import type { ColdStore } from '#application/ports/cold-store';
import { DEFAULT_WARNING_RULE } from '#domain/loss-warning';
import { HOUR } from '#domain/time/time';
import { aLink } from '#testing/links';
import { ManualClock } from '#testing/manual-clock';
import { aMeterReading, aVehicleReading, START } from '#testing/readings';

const VEHICLES = 150;
const DAY_WINDOW = { from: START, to: START + 24 * HOUR };

/** Vehicles that lose energy, each with its meter; every fifth meter sends its register. */
async function aLossyFleet() {
  const store = createMemoryStore();
  for (let n = 0; n < VEHICLES; n++) {
    const [meterId, vehicleId] = [`M-${n}`, `EV-${n}`];
    await store.links.add([aLink({ meterId, vehicleId, from: START - HOUR })]);
    const hours = Array.from({ length: 24 }, (_, hour) => hour);
    await store.writer.commit(
      hours.flatMap((hour) => [
        aMeterReading({ deviceId: meterId, timestamp: START + hour * HOUR, kwh: n % 5 === 0 ? 10 + hour : 1 }),
        aVehicleReading({ deviceId: vehicleId, timestamp: START + hour * HOUR, kwh: 0.7 }),
      ]),
    );
  }
  const { lossThreshold } = DEFAULT_WARNING_RULE;
  const balances = await new LinkedBalances(store, new ManualClock(DAY_WINDOW.to), lossThreshold).compute(DAY_WINDOW);
  return { store, balances };
}

describe('the diagnoses of many low efficiencies', () => {
  it('equal those of each vehicle alone, with two queries per hundred vehicles', async () => {
    const { store, balances } = await aLossyFleet();
    const asked: string[] = [];
    const cold: Partial<ColdStore> = {
      seriesByDevice: (kind, deviceIds, ...rest) => {
        asked.push(`${deviceIds.length} ${kind}s`);
        return store.cold.seriesByDevice(kind, deviceIds, ...rest);
      },
    };
    const examined = await new EfficiencyDiagnosis(cold as ColdStore).examine(balances);

    expect(asked).toEqual(['104 vehicles', '104 meters', '46 vehicles', '46 meters']);
    expect(examined.filter(({ cause }) => cause !== undefined)).toHaveLength(VEHICLES / 5);
    const alone = new EfficiencyDiagnosis(store.cold);
    for (const [i, balance] of balances.entries()) expect([examined[i]]).toEqual(await alone.examine([balance]));
  });

  it('cost no query when there is nothing to examine', async () => {
    expect(await new EfficiencyDiagnosis({} as ColdStore).examine([])).toEqual([]);
  });
});
