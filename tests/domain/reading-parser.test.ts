import { describe, expect, it } from 'vitest';
import { readingParser } from '#domain/reading/reading-parser';
import type { StreamDefinition } from '#domain/streams/stream';
import { streams } from '#domain/streams/streams';
import { DAY, MINUTE } from '#domain/time/time';
import { START } from '#testing/readings';
import { windmillStream } from '#tests/support/streams';

/** `meterId or vehicleId`, with the streams there are. */
const ID_FIELDS = Object.values(streams)
  .map(({ idField }) => idField)
  .join(' or ');
const definitions: readonly StreamDefinition[] = [...Object.values(streams), windmillStream];

const NOW = START + 500;
const parse = readingParser({ maxFuture: 5 * MINUTE, maxAge: 30 * DAY });
const aVehicle = {
  vehicleId: 'EV-7',
  kwhDeliveredDc: 0.08,
  soc: 50,
  batteryTemp: 25,
  timestamp: '2026-01-15T12:00:00Z',
};
const aMeter = { meterId: 'M-7', kwhConsumedAc: 0.1, voltage: 230.1, timestamp: START };
const faultsOf = (value: unknown) => {
  const received = parse(value, NOW);
  return 'faults' in received ? received.faults.map(({ code, field = '' }) => `${code} ${field}`.trim()) : [];
};
const without = (reading: object, field: string) =>
  Object.fromEntries(Object.entries(reading).filter(([name]) => name !== field));

describe('a valid reading', () => {
  it('becomes a domain reading of the stream whose id field it has', () => {
    expect(parse(aVehicle, NOW)).toEqual({
      kind: 'vehicle',
      deviceId: 'EV-7',
      timestamp: START,
      energy: 80_000,
      receivedAt: NOW,
      soc: 50,
      batteryTemp: 25,
    });
    expect(parse(aMeter, NOW)).toEqual({
      kind: 'meter',
      deviceId: 'M-7',
      timestamp: START,
      energy: 100_000,
      receivedAt: NOW,
      voltage: 230.1,
    });
  });

  it('may have any other members, which are ignored', () => {
    const extra = JSON.parse(`{"__proto__":{"meterId":"M-1"},"constructor":1,"toString":null,"x":[{}]}`);
    expect(parse({ ...extra, ...aVehicle }, NOW)).toEqual(parse(aVehicle, NOW));
    expect(parse(JSON.parse(`{"__proto__":${JSON.stringify(aVehicle)}}`), NOW)).toMatchObject({ status: 'rejected' });
  });

  it('has its energy rounded once, to 6 decimals, and no negative zero', () => {
    expect(parse({ ...aVehicle, kwhDeliveredDc: 0.0000004 }, NOW)).toMatchObject({ energy: 0 });
    expect(parse({ ...aVehicle, kwhDeliveredDc: 0.0000005 }, NOW)).toMatchObject({ energy: 1 });
    const zeros = parse({ ...aVehicle, kwhDeliveredDc: -0, batteryTemp: -0 }, NOW);
    expect(zeros).toMatchObject({ energy: 0, batteryTemp: 0 });
  });

  it('may be at either limit of its bounds', () => {
    for (const [soc, batteryTemp, kwhDeliveredDc] of [
      [0, -60, 0],
      [100, 200, 100],
    ]) {
      expect(faultsOf({ ...aVehicle, soc, batteryTemp, kwhDeliveredDc })).toEqual([]);
    }
    expect(faultsOf({ ...aVehicle, vehicleId: 'aZ0._:-'.padEnd(128, 'x') })).toEqual([]);
  });

  it('of a new stream needs only the definition of the stream', () => {
    const parseThree = readingParser({ maxFuture: 0, maxAge: DAY }, definitions);
    const sent = { windmillId: 'W-1', kwhFromWind: 1, windSpeed: 9, gearTemp: 40, timestamp: START };
    expect(parseThree(sent, NOW)).toMatchObject({
      kind: 'windmill',
      energy: 1_000_000,
      windSpeed: 9,
      gearTemp: 40,
    });
    expect(parseThree({ ...sent, windSpeed: 2001 }, NOW)).toMatchObject({ faults: [{ field: 'windSpeed' }] });
    expect(parseThree({ ...sent, meterId: 'M' }, NOW)).toMatchObject({
      faults: [{ code: 'ambiguous-device', detail: 'must have only one of meterId and windmillId' }],
    });
  });
});

describe('an invalid reading', () => {
  it.each([
    ['both ids', { ...aVehicle, meterId: 'M-1' }, ['ambiguous-device']],
    ['both ids, one of them null', { ...aVehicle, meterId: null }, ['ambiguous-device']],
    ['no id', without(aVehicle, 'vehicleId'), ['missing-device']],
    ['no members', {}, ['missing-device']],
    ['an id of null', { ...aVehicle, vehicleId: null }, ['invalid-id vehicleId']],
    ['an empty id', { ...aVehicle, vehicleId: '' }, ['invalid-id vehicleId']],
    ['an id with a line break', { ...aVehicle, vehicleId: 'EV-7\n' }, ['invalid-id vehicleId']],
    ['an id of 129 characters', { ...aVehicle, vehicleId: 'x'.repeat(129) }, ['invalid-id vehicleId']],
    ['a number as id', { ...aVehicle, vehicleId: 7 }, ['invalid-id vehicleId']],
    ['a query operator as id', { ...aVehicle, vehicleId: { $gt: '' } }, ['invalid-id vehicleId']],
    ['a missing measurement', without(aVehicle, 'soc'), ['missing-field soc']],
    ['no energy', without(aMeter, 'kwhConsumedAc'), ['missing-field kwhConsumedAc']],
    ['no time', without(aMeter, 'timestamp'), ['missing-field timestamp']],
    ['a string for a number', { ...aVehicle, soc: '50' }, ['not-a-number soc']],
    ['null for a number', { ...aVehicle, soc: null }, ['not-a-number soc']],
    ['an array for a number', { ...aVehicle, soc: [50] }, ['not-a-number soc']],
    [
      '1e309',
      JSON.parse('{"meterId":"M","kwhConsumedAc":1,"voltage":1e309,"timestamp":1768478400000}'),
      ['not-a-number voltage'],
    ],
    ['-1e309 kWh', { ...aMeter, kwhConsumedAc: -Infinity }, ['not-a-number kwhConsumedAc']],
    ['1e309 as time', { ...aMeter, timestamp: Infinity }, ['not-a-number timestamp']],
    ['a soc just above 100', { ...aVehicle, soc: 100.000001 }, ['out-of-range soc']],
    ['the id .', { ...aVehicle, vehicleId: '.' }, ['invalid-id vehicleId']],
    ['the id ..', { ...aVehicle, vehicleId: '..' }, ['invalid-id vehicleId']],
    ['a battery below -60', { ...aVehicle, batteryTemp: -60.1 }, ['out-of-range batteryTemp']],
    ['100.000001 kWh', { ...aVehicle, kwhDeliveredDc: 100.000001 }, ['out-of-range kwhDeliveredDc']],
    ['negative energy', { ...aVehicle, kwhDeliveredDc: -1e-6 }, ['out-of-range kwhDeliveredDc']],
    ['null as time', { ...aMeter, timestamp: null }, ['invalid-timestamp timestamp']],
    ['no offset', { ...aMeter, timestamp: '2026-01-15T12:00:00' }, ['timestamp-without-offset timestamp']],
    ['epoch seconds', { ...aMeter, timestamp: START / 1000 }, ['timestamp-in-seconds timestamp']],
    ['a time in the future', { ...aMeter, timestamp: NOW + 5 * MINUTE + 1 }, ['timestamp-too-new timestamp']],
    ['a time too far in the past', { ...aMeter, timestamp: NOW - 30 * DAY - 1 }, ['timestamp-too-old timestamp']],
  ])('with %s has the expected faults', (_, value, expected) => {
    expect(faultsOf(value)).toEqual(expected);
  });

  it.each([
    [
      'an id',
      { vehicleId: 'EV 7' },
      'invalid-id',
      'vehicleId',
      'must be 1 to 128 of A-Z a-z 0-9 . _ : - and not just . or ..',
    ],
    [
      'the value of a counter',
      { kwhDeliveredDc: 5_000 },
      'out-of-range',
      'kwhDeliveredDc',
      'must be from 0 to 100 kWh: the energy of the interval since the previous reading, not a counter',
    ],
    ['negative energy', { kwhDeliveredDc: -1 }, 'out-of-range', 'kwhDeliveredDc', 'must be from 0 to 100 kWh'],
    ['a measurement', { batteryTemp: 201 }, 'out-of-range', 'batteryTemp', 'must be from -60 to 200 degC'],
    ['a string', { soc: '50' }, 'not-a-number', 'soc', 'must be a finite number'],
    ['a gap', { soc: undefined }, 'missing-field', 'soc', 'is missing'],
    [
      'an early time',
      { timestamp: NOW - 30 * DAY - 1000 },
      'timestamp-too-old',
      'timestamp',
      'is 30 d 1 h old; at most 30 d is accepted',
    ],
    [
      'the time of a clock that was never set',
      { timestamp: '1970-01-01T00:00:00Z' },
      'timestamp-too-old',
      'timestamp',
      'is 20468 d 13 h old; at most 30 d is accepted',
    ],
    [
      'a late time',
      { timestamp: NOW + 301_000 },
      'timestamp-too-new',
      'timestamp',
      'is 5 min 1 s ahead of the server clock; at most 5 min is accepted',
    ],
  ])('with %s names its fault in words', (_, change, code, field, detail) => {
    const sent = { ...aVehicle, ...change };
    const { vehicleId } = sent;
    const faults = [{ code, field, detail }];
    expect(parse(sent, NOW)).toStrictEqual({ status: 'rejected', faults, kind: 'vehicle', deviceId: vehicleId });
  });

  it('reports all its faults at once, in the order of the fields, including an unacceptable time', () => {
    const value = { vehicleId: '?', kwhDeliveredDc: -1, soc: 'x', timestamp: NOW + DAY };
    expect(faultsOf(value)).toEqual([
      'invalid-id vehicleId',
      'out-of-range kwhDeliveredDc',
      'not-a-number soc',
      'missing-field batteryTemp',
      'timestamp-too-new timestamp',
    ]);
  });

  it.each([
    ['kwhConsumedAC', 'kwhConsumedAc'],
    ['kwhconsumedac', 'kwhConsumedAc'],
    ['kwh_consumed_ac', 'kwhConsumedAc'],
    ['kwhConsumdAc', 'kwhConsumedAc'],
    ['kwhConsumed', 'kwhConsumedAc'],
    ['Voltage', 'voltage'],
    ['votlage', 'voltage'],
    ['timeStamp', 'timestamp'],
  ])('with %s is told that this may be a misspelling of %s', (misspelt, field) => {
    const { [field]: value, ...rest } = aMeter as Record<string, unknown>;
    expect(parse({ extra: 1, ...rest, [misspelt]: value }, NOW)).toMatchObject({
      faults: [
        {
          code: 'missing-field',
          field,
          detail: `is missing (${misspelt} is not a known field; did you mean ${field}?)`,
        },
      ],
    });
  });

  it.each([['energy'], ['kwhDeliveredDc'], ['volume'], ['v'], ['toString'], ['x'.repeat(10_000)]])(
    'with %s gets no guess',
    (name) => {
      const { voltage, ...rest } = aMeter;
      expect(parse({ ...rest, [name]: voltage }, NOW)).toMatchObject({ faults: [{ detail: 'is missing' }] });
    },
  );

  it.each([
    ['a misspelt id', { meterID: 'M-7' }, ' (meterID is not a known field; did you mean meterId?)'],
    [
      'a batch that is wrapped in it',
      { readings: [aMeter] },
      '; to send several readings, post the array itself, which is in readings',
    ],
  ])('with %s is told so', (_, value, hint) => {
    expect(parse(value, NOW)).toMatchObject({ faults: [{ detail: `must have ${ID_FIELDS}${hint}` }] });
  });

  it.each([
    ['no id', {}, 'missing-device', `must have ${ID_FIELDS}`],
    ['an id that is undefined', { meterId: undefined }, 'missing-device', `must have ${ID_FIELDS}`],
    ['both ids', { meterId: 1, vehicleId: 2 }, 'ambiguous-device', 'must have only one of meterId and vehicleId'],
  ])('with %s is at fault as a whole', (_, value, code, detail) => {
    expect(parse(value, NOW)).toStrictEqual({ status: 'rejected', faults: [{ code, detail }] });
  });

  it.each([
    [42, 'a number'],
    ['text', 'a string'],
    [true, 'a boolean'],
    [7n, 'a bigint'],
    [null, 'null'],
    [undefined, 'undefined'],
    [[], 'an array'],
    [[aVehicle], 'an array'],
  ])('is %o: not an object, but %s', (value, what) => {
    const detail = `is ${what}; a reading is an object with ${ID_FIELDS}`;
    expect(parse(value, NOW)).toStrictEqual({ status: 'rejected', faults: [{ code: 'missing-device', detail }] });
  });
});
