import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AcceptedTime } from '#domain/reading/accepted-time';
import { readingFaults } from '#domain/reading/reading-faults';
import { readingMaker } from '#domain/reading/reading-maker';
import { meterStream } from '#domain/streams/meter-stream';
import { numberFields, type StreamDefinition } from '#domain/streams/stream';
import { vehicleStream } from '#domain/streams/vehicle-stream';
import { DAY, MINUTE } from '#domain/time/time';
import { START } from '#testing/readings';
import { windmillStream } from '#tests/support/streams';

const NOW = START + 500;
const ACCEPTED: AcceptedTime = { maxFuture: 5 * MINUTE, maxAge: 30 * DAY };

/** Without measured fields, and with more than are written out; one of these has no bounds. */
const heaterStream = { ...windmillStream, kind: 'heater', measured: {} } as const satisfies StreamDefinition;
const wideStream = {
  ...windmillStream,
  measured: { ...windmillStream.measured, balance: { unit: 'mWh', min: -Infinity, max: Infinity } },
} as const satisfies StreamDefinition;

describe('a reading made of numbers', () => {
  const vehicle = readingMaker(vehicleStream, ACCEPTED);
  const made = ([time = START, kwh = 1, soc = 50, batteryTemp = 25]: readonly (number | undefined)[]) =>
    vehicle.fromNumbers('EV-7', Float64Array.of(time, kwh, soc, batteryTemp), NOW);

  it.each<[StreamDefinition, number[], object]>([
    [meterStream, [230.1], { voltage: 230.1 }],
    [vehicleStream, [50, -3.5], { soc: 50, batteryTemp: -3.5 }],
    [heaterStream, [], {}],
    [wideStream, [9, 40, -1e18], { windSpeed: 9, gearTemp: 40, balance: -1e18 }],
  ])('has the values of its stream: $kind', (stream, measured, expected) => {
    const numbers = Float64Array.of(START, 0.08, ...measured);
    const reading = readingMaker(stream, ACCEPTED).fromNumbers('D-7', numbers, NOW);
    const key = { kind: stream.kind, deviceId: 'D-7', timestamp: START, energy: 80_000, receivedAt: NOW };
    expect(reading).toStrictEqual({ ...key, ...expected });
    expect(numbers).toStrictEqual(Float64Array.of(START, 0.08, ...measured));
  });

  it.each([
    ['the lower bounds', [START, 0, 0, -60]],
    ['the upper bounds', [START, 100, 100, 200]],
    ['the oldest accepted time', [NOW - ACCEPTED.maxAge]],
    ['the newest accepted time', [NOW + ACCEPTED.maxFuture]],
  ])('may be at %s', (_, numbers) => {
    expect(made(numbers)).toBeDefined();
  });

  it.each([
    ['negative energy', [START, -1e-6]],
    ['energy above its bound', [START, 100.000001]],
    ['a measured value below its bound', [START, 1, 50, -60.1]],
    ['a measured value above its bound', [START, 1, 100.000001]],
    ['energy that is NaN', [START, Number.NaN]],
    ['a measured value that is NaN', [START, 1, 50, Number.NaN]],
    ['an infinite measured value', [START, 1, Infinity]],
    ['a time just too old', [NOW - ACCEPTED.maxAge - 1]],
    ['a time just too new', [NOW + ACCEPTED.maxFuture + 1]],
  ])('may not have %s', (_, numbers) => {
    expect(made(numbers)).toBeUndefined();
  });

  it.each([Infinity, -Infinity, Number.NaN])('is never %f, even in a field without bounds', (balance) => {
    const numbers = Float64Array.of(START, 1, 900, 40, balance);
    expect(readingMaker(wideStream, ACCEPTED).fromNumbers('W-7', numbers, NOW)).toBeUndefined();
  });

  it.each([
    ['energy just below 0', [START, -4e-7], { energy: 0 }],
    ['energy just above its bound', [START, 100.0000004], { energy: 100_000_000 }],
    ['a measured value just above its bound', [START, 1, 100.00000001], { soc: 100 }],
    ['a measured value just below its bound', [START, 1, 0, -60.0000004], { batteryTemp: -60 }],
    ['a measured value just below 0', [START, 1, -1e-9], { soc: 0 }],
    ['many decimals within its bounds', [START, 1, 99.123456789], { soc: 99.123456789 }],
  ])('counts as within its bounds with %s', (_, numbers, kept) => {
    const reading = made(numbers);
    expect(reading).toMatchObject(kept);
    expect(Object.values(reading ?? {}).some((value) => Object.is(value, -0))).toBe(false);
  });

  it('has its energy rounded once, to mWh, and no negative zero', () => {
    expect(made([START, 0.0000004])).toMatchObject({ energy: 0 });
    expect(made([START, 0.0000005])).toMatchObject({ energy: 1 });
    expect(made([START, -0, -0, -0])).toStrictEqual(made([START, 0, 0, 0]));
  });
});

/** Numbers within and outside of bounds, and at them. */
const anyNumber = fc.oneof(
  { weight: 6, arbitrary: fc.double({ min: 0, max: 100, noNaN: true }) },
  { weight: 1, arbitrary: fc.double() },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      -0,
      -60,
      100,
      100.0000001,
      100.0001,
      -4e-7,
      200,
      2000,
      2001,
      Infinity,
      -Infinity,
      Number.NaN,
    ),
  },
);
const anyTime = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: NOW - ACCEPTED.maxAge, max: NOW + ACCEPTED.maxFuture }) },
  { weight: 1, arbitrary: fc.integer({ min: NOW - 40 * DAY, max: NOW + DAY }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(NOW - ACCEPTED.maxAge - 1, NOW + ACCEPTED.maxFuture + 1, 100_000_000_000),
  },
);
const anyStream = fc.constantFrom<StreamDefinition>(meterStream, vehicleStream, heaterStream, wideStream);

describe('nothing is rejected without a fault, or accepted with one', () => {
  const seen = { made: 0, rejected: 0 };
  const count = (isMade: boolean) => seen[isMade ? 'made' : 'rejected']++;

  it('of numbers: they make a reading exactly if they have no faults, and the same one as their fields', () => {
    Object.assign(seen, { made: 0, rejected: 0 });
    const given = fc.record({
      stream: anyStream,
      time: anyTime,
      values: fc.array(anyNumber, { minLength: 4, maxLength: 4 }),
    });
    fc.assert(
      fc.property(given, ({ stream, time, values }) => {
        const fields = numberFields(stream).map(({ name }, index) => [name, values[index]] as const);
        const sent = { ...Object.fromEntries(fields), [stream.idField]: 'D-7', timestamp: time };
        const maker = readingMaker(stream, ACCEPTED);

        const reading = maker.fromNumbers('D-7', Float64Array.of(time, ...values), NOW);

        const faults = readingFaults(stream, ACCEPTED)(sent, NOW);
        expect(reading === undefined).toBe(faults.length > 0);
        expect(maker.fromFields(sent, NOW)).toStrictEqual(
          reading ?? { status: 'rejected', faults, kind: stream.kind, deviceId: 'D-7' },
        );
        count(reading !== undefined);
      }),
      { numRuns: 2_000 },
    );
    expect(Math.min(seen.made, seen.rejected)).toBeGreaterThan(200);
  });

  it('of fields with values of any type', () => {
    Object.assign(seen, { made: 0, rejected: 0 });
    const junk = fc.oneof(
      fc.anything(),
      fc.constantFrom('', '2026-01-15T12:00:00', '2026-02-30T12:00:00Z', START / 1000),
    );
    const given = fc.record({
      stream: anyStream,
      id: fc.oneof({ weight: 9, arbitrary: fc.constantFrom('D-7', 'aZ0._:-') }, junk),
      time: fc.oneof({ weight: 9, arbitrary: fc.constantFrom(START, '2026-01-15T13:00:00+01:00') }, junk),
      values: fc.array(fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 0, max: 100 }) }, anyNumber, junk), {
        minLength: 4,
        maxLength: 4,
      }),
    });
    fc.assert(
      fc.property(given, ({ stream, id, time, values }) => {
        const fields = numberFields(stream).map(({ name }, index) => [name, values[index]] as const);
        const sent = { ...Object.fromEntries(fields), [stream.idField]: id, timestamp: time };

        const made = readingMaker(stream, ACCEPTED).fromFields(sent, NOW);

        const faults = readingFaults(stream, ACCEPTED)(sent, NOW);
        expect('faults' in made ? made.faults : []).toStrictEqual(faults);
        expect('faults' in made).toBe(faults.length > 0);
        count(!('faults' in made));
      }),
      { numRuns: 2_000 },
    );
    expect(Math.min(seen.made, seen.rejected)).toBeGreaterThan(200);
  });
});
