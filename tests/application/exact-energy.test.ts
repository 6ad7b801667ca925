import { randomInt } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LinkedBalances } from '#application/analytics/linked-balances';
import { ReportVehiclePerformance } from '#application/analytics/report-vehicle-performance';
import type { TelemetryStore } from '#application/ports/telemetry-store';
import { AuditHistory } from '#application/upkeep/audit-history';
import { DEFAULT_WARNING_RULE } from '#domain/loss-warning';
import { DAY, HOUR } from '#domain/time/time';
import { alignOutward, type TimeWindow } from '#domain/time/time-window';
import { closeHours } from '#tests/contracts/rollup-contract';
import { ManualClock } from '#tests/support/manual-clock';
import { START } from '#tests/support/readings';
import { stores } from '#tests/support/stores';
import { LENGTH, type Life, lives, METERS, movedBy, VEHICLES } from './energy-lives.ts';
import { EnergyModel } from './energy-model.ts';

/** A life takes MongoDB ten times as long as SQLite. `EIE_TEST_RUNS` asks for more or fewer, `EIE_TEST_SEED` repeats a run. */
const RUNS: Readonly<Record<string, number>> = { memory: 1000, SQLite: 1000, MongoDB: 100 };
const seed = Number(process.env.EIE_TEST_SEED ?? randomInt(2 ** 31));

/** Every answer that the store and the use cases give, beside what the model says. */
async function compare(store: TelemetryStore, model: EnergyModel, life: Life, window: TimeWindow) {
  const { cold } = store;
  for (const [kind, ids] of [['vehicle', VEHICLES] as const, ['meter', METERS] as const]) {
    for (const id of ids) expect(await cold.deviceTotals(kind, id, window)).toEqual(model.totals(kind, id, window));
  }

  const clock = new ManualClock(window.to + DAY);
  const minutes = alignOutward(window);
  const report = new ReportVehiclePerformance(store, clock, DEFAULT_WARNING_RULE);
  for (const vehicleId of VEHICLES) {
    const performance = await report.report(vehicleId, window);
    if (performance === undefined) continue;
    const own = model.totals('vehicle', vehicleId, minutes);
    expect(performance.dcDelivered).toBe(own.energy);
    expect(performance.coverage.vehicle.readings).toBe(own.readings);
    if (performance.acBasis === 'fleet') {
      expect(performance.fleet).toEqual({
        ac: model.fleet('meter', minutes).energy,
        dc: model.fleet('vehicle', minutes).energy,
      });
    } else {
      const linked = model.linked(vehicleId, life.links, minutes);
      expect(performance.acConsumed).toBe(linked.energy);
      expect(performance.coverage.meters?.readings).toBe(linked.readings);
      expect(performance.efficiency).toBe(linked.energy === 0 ? null : own.energy / linked.energy);
    }
  }

  const hours = alignOutward(window, HOUR);
  for (const { vehicleId, ac, dc } of await new LinkedBalances(store, clock, 0.85).compute(hours)) {
    expect(ac).toBe(model.linked(vehicleId, life.links, hours).energy);
    expect(dc).toBe(model.totals('vehicle', vehicleId, hours).energy);
  }
}

async function liveThrough(store: TelemetryStore, life: Life): Promise<void> {
  const model = new EnergyModel(life.readings);
  const [firstWindow] = life.windows as [TimeWindow];
  expect((await store.links.add(life.links)).every(({ status }) => status === 'stored')).toBe(true);
  const arrived = new Map<string, Life['readings'][number]>();
  for (const step of life.steps) {
    if ('closeBefore' in step) await closeHours(store, step.closeBefore);
    else {
      await store.writer.commit(step.commit);
      for (const reading of step.commit) arrived.set(`${reading.deviceId} ${reading.timestamp}`, reading);
      await compare(store, new EnergyModel([...arrived.values()]), life, firstWindow);
    }
  }
  for (const window of life.windows) await compare(store, model, life, window);
  await closeHours(store);
  for (const window of life.windows) await compare(store, model, life, window);
  const differences = new AuditHistory(store).audit(firstWindow);
  expect(await differences.next()).toEqual({ done: true, value: undefined });
}

describe.each(stores)('answers of $name', ({ name, open }) => {
  it(`are those of a plain model, to the milliwatt-hour (seed ${seed})`, async () => {
    const store = await open();
    let run = 0;
    await fc.assert(
      fc.asyncProperty(lives, async (life) => {
        // Each life has a time of its own, so that one store serves them all and none sees another's.
        await liveThrough(store, movedBy(START + run++ * 2 * LENGTH, life));
      }),
      { seed, numRuns: Number(process.env.EIE_TEST_RUNS ?? RUNS[name]), endOnFailure: false },
    );
  }, 900_000);
});
