import { randomInt } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LinkedBalances } from '#application/analytics/linked-balances';
import { ReportVehiclePerformance } from '#application/analytics/report-vehicle-performance';
import type { EngineStore } from '#application/ports/engine-store';
import { AuditHistory } from '#application/upkeep/audit-history';
import { addCoverages, deviceCoverage } from '#domain/coverage/coverage';
import { DEFAULT_WARNING_RULE } from '#domain/loss-warning';
import { linkCuts } from '#domain/meter-link';
import { DAY, HOUR } from '#domain/time/time';
import { alignOutward, type TimeWindow } from '#domain/time/time-window';
import { ManualClock } from '#testing/manual-clock';
import { START } from '#testing/readings';
import { closeHours } from '#testing/upkeep';
import { stores } from '#tests/support/stores';
import { LENGTH, type Life, lives, METERS, movedBy, VEHICLES } from './energy-lives.ts';
import { EnergyModel } from './energy-model.ts';

/**
 * Lives per store. The lives in memory check the use cases against the model; those on the databases check that sums by
 * the minute and by the hour, and whatever is read raw beside them, always add up to the same. A few seconds each:
 * MongoDB takes ten times as long as SQLite for a life. A new seed each time tries other lives; `EIE_TEST_RUNS` sets
 * the number for all stores (1,000 for a thorough run), `EIE_TEST_SEED` repeats a run.
 */
const RUNS: Readonly<Record<string, number>> = { memory: 500, SQLite: 100, MongoDB: 15 };
const seed = Number(process.env.EIE_TEST_SEED ?? randomInt(2 ** 31));

/** Compares every answer of the store and the use cases with the model's. */
async function compare(store: EngineStore, model: EnergyModel, life: Life, window: TimeWindow) {
  const clock = new ManualClock(window.to + DAY);
  const [minutes, hours] = [alignOutward(window), alignOutward(window, HOUR)];
  const report = new ReportVehiclePerformance(store, clock, DEFAULT_WARNING_RULE);
  const devices = [...VEHICLES.map((id) => ['vehicle', id] as const), ...METERS.map((id) => ['meter', id] as const)];
  const [totals, performances, balances] = await Promise.all([
    Promise.all(devices.map(([kind, id]) => store.cold.deviceTotals(kind, id, window))),
    Promise.all(VEHICLES.map((vehicleId) => report.report(vehicleId, window))),
    new LinkedBalances(store, clock, 0.85).compute(hours),
  ]);

  expect(totals).toEqual(devices.map(([kind, id]) => model.totals(kind, id, window)));
  for (const [i, performance] of performances.entries()) {
    if (performance === undefined) continue;
    const vehicleId = VEHICLES[i] as string;
    const own = model.totals('vehicle', vehicleId, minutes);
    expect(performance.dcDelivered).toBe(own.energy);
    expect(performance.coverage.vehicle).toEqual(deviceCoverage(own, minutes, clock.now()));
    if (performance.acBasis === 'fleet') {
      expect(performance.fleet).toEqual({
        ac: model.fleet('meter', minutes).energy,
        dc: model.fleet('vehicle', minutes).energy,
      });
    } else {
      const linked = model.linked(vehicleId, life.links, minutes);
      expect(performance.acConsumed).toBe(linked.energy);
      const cuts = linkCuts(
        life.links.filter((link) => link.vehicleId === vehicleId),
        minutes,
      );
      const ofCuts = cuts.map(({ meterId, during, readingsWithin }) =>
        deviceCoverage(model.totals('meter', meterId, readingsWithin), during, clock.now()),
      );
      expect(performance.coverage.meters).toEqual(addCoverages(ofCuts));
      const delivered = own.energy - performance.dcWithoutAc;
      expect(performance.efficiency).toBe(linked.energy === 0 ? null : delivered / linked.energy);
    }
  }

  for (const { vehicleId, ac, dc } of balances) {
    expect(ac).toBe(model.linked(vehicleId, life.links, hours).energy);
    expect(dc).toBe(model.totals('vehicle', vehicleId, hours).energy);
  }
}

async function liveThrough(store: EngineStore, life: Life): Promise<void> {
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
  expect(await differences.next()).toMatchObject({ done: true });
}

describe.each(stores)('the answers of $name', ({ name, open }) => {
  it(`equal those of a plain model, to the milliwatt-hour (seed ${seed})`, async () => {
    const store = await open();
    let run = 0;
    await fc.assert(
      fc.asyncProperty(lives, async (life) => {
        // Each life has a time of its own, so that they can share one store without seeing each other's readings.
        await liveThrough(store, movedBy(START + run++ * 2 * LENGTH, life));
      }),
      { seed, numRuns: Number(process.env.EIE_TEST_RUNS ?? RUNS[name]), endOnFailure: false },
    );
  }, 3_600_000);
});
