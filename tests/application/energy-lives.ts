import fc from 'fast-check';
import { type MeterLink, meterLinkId } from '#domain/meter-link';
import type { Reading } from '#domain/reading/reading';
import { HOUR, MINUTE } from '#domain/time/time';
import type { TimeWindow } from '#domain/time/time-window';
import { aMeterReading, aVehicleReading } from '#testing/readings';

/** The length of a life: some hours, so that windows have whole hours as well as edges within hours. */
export const LENGTH = 6 * HOUR;
export const VEHICLES = ['EV-1', 'EV-2'];
export const METERS = ['M-1', 'M-2'];

/** What happens to a store: batches of readings arrive, and hours are closed in between. Times start at zero. */
export interface Life {
  /** Readings with distinct keys. */
  readonly readings: readonly Reading[];
  readonly steps: readonly Step[];
  readonly links: readonly MeterLink[];
  /** Windows to ask for, to the millisecond. */
  readonly windows: readonly TimeWindow[];
}

type Step = { readonly commit: readonly Reading[] } | { readonly closeBefore: number };

const time = fc.oneof(
  fc.integer({ min: 0, max: LENGTH }),
  fc.integer({ min: 0, max: LENGTH / MINUTE }).map((minute) => minute * MINUTE),
  fc.integer({ min: 0, max: LENGTH / HOUR }).map((hour) => hour * HOUR),
);
const window = fc
  .tuple(time, time)
  .filter(([a, b]) => a !== b)
  .map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) }));

const reading = fc
  .record({
    device: fc.constantFrom(...VEHICLES, ...METERS),
    at: time.filter((at) => at < LENGTH),
    mWh: fc.integer({ min: 0, max: 100_000_000 }),
    batteryTemp: fc.integer({ min: -60_000, max: 200_000 }).map((thousandths) => thousandths / 1_000),
  })
  .map(({ device, at, mWh, batteryTemp }): Reading => {
    const given = { deviceId: device, timestamp: at, receivedAt: at };
    if (METERS.includes(device)) return { ...aMeterReading(given), energy: mWh };
    return { ...aVehicleReading({ ...given, batteryTemp }), energy: mWh };
  });
const readings = fc.uniqueArray(reading, {
  minLength: 1,
  maxLength: 60,
  selector: (one) => `${one.deviceId} ${one.timestamp}`,
});

/** The links of one meter: now and then it changes from one vehicle to another or feeds none. */
const linksOf = (meterId: string) =>
  fc
    .tuple(
      fc.uniqueArray(time, { minLength: 2, maxLength: 5 }),
      fc.array(fc.constantFrom(...VEHICLES, null), { minLength: 4, maxLength: 4 }),
    )
    .map(([cuts, vehicles]) => {
      const times = cuts.sort((a, b) => a - b);
      return times.slice(1).flatMap((to, i): MeterLink[] => {
        const [from, vehicleId] = [times[i] as number, vehicles[i] ?? null];
        return vehicleId === null ? [] : [{ id: meterLinkId({ meterId, from }), meterId, vehicleId, from, to }];
      });
    });

/** Lives in which readings arrive in any order, late, and more than once, and hours are closed at any moment. */
export const lives: fc.Arbitrary<Life> = fc
  .record({
    readings,
    links: fc.tuple(...METERS.map(linksOf)).map((all) => all.flat()),
    windows: fc.array(window, { minLength: 1, maxLength: 2 }),
    batches: fc.integer({ min: 1, max: 4 }),
    closings: fc.array(time, { maxLength: 3 }),
  })
  .chain((life) =>
    fc
      .record({
        order: fc.shuffledSubarray([...life.readings], { minLength: life.readings.length }),
        again: fc.subarray([...life.readings]),
        batchOf: fc.array(fc.nat(life.batches - 1), {
          minLength: life.readings.length * 2,
          maxLength: life.readings.length * 2,
        }),
        closeAfter: fc.array(fc.nat(life.batches), { minLength: 3, maxLength: 3 }),
      })
      .map(({ order, again, batchOf, closeAfter }): Life => {
        const sent = [...order, ...again];
        const steps = Array.from({ length: life.batches }, (_, batch): Step[] => [
          { commit: sent.filter((_, i) => batchOf[i] === batch) },
          ...life.closings.filter((_, i) => closeAfter[i] === batch).map((closeBefore) => ({ closeBefore })),
        ]).flat();
        return { ...life, steps };
      }),
  );

/** The same life at another time. */
export function movedBy(by: number, life: Life): Life {
  const readingAt = (one: Reading): Reading => ({
    ...one,
    timestamp: one.timestamp + by,
    receivedAt: one.receivedAt + by,
  });
  return {
    readings: life.readings.map(readingAt),
    steps: life.steps.map((step) =>
      'commit' in step ? { commit: step.commit.map(readingAt) } : { closeBefore: step.closeBefore + by },
    ),
    links: life.links.map((link) => {
      const moved = { ...link, from: link.from + by, to: (link.to ?? 0) + by };
      return { ...moved, id: meterLinkId(moved) };
    }),
    windows: life.windows.map(({ from, to }) => ({ from: from + by, to: to + by })),
  };
}
