import { describe, expect, it } from 'vitest';
import { ReportVehiclePerformance } from '#application/analytics/report-vehicle-performance';
import { DetectLosses } from '#application/losses/detect-losses';
import { DEFAULT_WARNING_RULE } from '#domain/loss-warning';
import { HOUR, MINUTE, SECOND } from '#domain/time/time';
import { aLink } from '#testing/links';
import { ManualClock } from '#testing/manual-clock';
import { aMeterReading, aVehicleReading, START } from '#testing/readings';
import { closeHours } from '#testing/upkeep';
import { stores } from '#tests/support/stores';

/** A reading in every `period` for some minutes. */
const every = (period: number, minutes: number) =>
  Array.from({ length: (minutes * MINUTE) / period }, (_, i) => START + i * period);
const meter = (minutes: number, deviceId = 'M-1') =>
  every(MINUTE, minutes).map((timestamp) => aMeterReading({ deviceId, timestamp, kwh: 0.1 }));
const HOUR_1 = { from: START, to: START + HOUR };

describe.each(stores)('devices that post more often than others, on $name', ({ open }) => {
  it('cover no more than the minutes in which they post', async () => {
    const store = await open();
    await store.links.add([aLink({ from: START - HOUR })]);
    const vehicle = every(20 * SECOND, 40).map((timestamp) => aVehicleReading({ timestamp, kwh: 0.031 }));
    await store.writer.commit([...meter(60), ...vehicle]);
    const report = new ReportVehiclePerformance(store, new ManualClock(START + 2 * HOUR), DEFAULT_WARNING_RULE);
    const expected = {
      verdict: 'insufficient-data',
      reasons: ['gaps-in-vehicle-readings'],
      coverage: {
        vehicle: { readings: 40, expected: 60, ratio: 40 / 60 },
        meters: { readings: 60, expected: 60, ratio: 1 },
      },
    };

    expect(await report.report('EV-1', HOUR_1)).toMatchObject(expected);
    await closeHours(store);
    expect(await report.report('EV-1', HOUR_1)).toMatchObject(expected);
  });

  it('open no warning when they are silent for a third of the day', async () => {
    const store = await open();
    await store.links.add([aLink({ from: START - HOUR })]);
    const vehicle = every(20 * SECOND, 16 * 60).map((timestamp) => aVehicleReading({ timestamp, kwh: 0.031 }));
    await store.writer.commit([...meter(24 * 60 + 120), ...vehicle]);

    for (const hour of [24, 25, 26]) {
      const clock = new ManualClock(START + hour * HOUR + 2 * MINUTE);
      await new DetectLosses(store, clock, DEFAULT_WARNING_RULE).detect();
      await closeHours(store, START + hour * HOUR);
    }

    expect(await store.warnings.list({ limit: 10 })).toEqual([]);
  });

  it('hide no silent meter beside them', async () => {
    const store = await open();
    await store.links.add([aLink({ from: START - HOUR }), aLink({ meterId: 'M-2', from: START - HOUR })]);
    const fast = every(20 * SECOND, 60).map((timestamp) => aMeterReading({ timestamp, kwh: 0.1 / 3 }));
    const vehicle = every(MINUTE, 60).map((timestamp) => aVehicleReading({ timestamp, kwh: 0.07 }));
    await store.writer.commit([...fast, ...meter(6, 'M-2'), ...vehicle]);
    const report = new ReportVehiclePerformance(store, new ManualClock(START + 2 * HOUR), DEFAULT_WARNING_RULE);

    expect(await report.report('EV-1', HOUR_1)).toMatchObject({
      verdict: 'insufficient-data',
      reasons: ['gaps-in-meter-readings'],
      coverage: { meters: { readings: 66, expected: 120, ratio: 66 / 120 } },
    });
  });
});
