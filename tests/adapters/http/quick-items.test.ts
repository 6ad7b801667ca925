import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type QuickItems, quickItems } from '#adapters/inbound/http/ingest/fast-path/quick-items';
import { type Items, jsonItems, MAX_BATCH } from '#adapters/inbound/http/wire/batch-text';
import type { JsonFormat } from '#adapters/inbound/http/wire/body-format';
import { Refusal } from '#adapters/inbound/http/wire/problem';
import type { Received } from '#application/received';
import { isDeviceId } from '#domain/reading/device-id';
import { readingParser } from '#domain/reading/reading-parser';
import type { StreamDefinition } from '#domain/streams/stream';
import { streams } from '#domain/streams/streams';
import { DAY, MINUTE, SECOND } from '#domain/time/time';
import { START } from '#testing/readings';
import { windmillStream } from '#tests/support/streams';

/** More fields than the builder writes out, one of them with many digits. */
const wideStream = {
  ...windmillStream,
  measured: { ...windmillStream.measured, balance: { unit: 'mWh', min: -1e18, max: 1e18 } },
} as const satisfies StreamDefinition;
const heaterStream = {
  kind: 'heater',
  plural: 'heaters',
  idField: 'heaterId',
  energyField: 'kwhHeated',
  current: 'neither',
  measured: {},
} as const satisfies StreamDefinition;
const definitions: readonly StreamDefinition[] = [...Object.values(streams), wideStream, heaterStream];

const NOW = START + 500;
const ACCEPTED = { maxFuture: 5 * MINUTE, maxAge: 30 * DAY };
const parse = readingParser(ACCEPTED, definitions);
const quick = quickItems(ACCEPTED, { definitions, learningCostBytes: 0 });

const bytesOf = (text: string) => new TextEncoder().encode(text);
const quickly = (body: string | Uint8Array, format: JsonFormat = 'json') =>
  quick(typeof body === 'string' ? bytesOf(body) : body, format, NOW);
const batchOf = (items: ReturnType<QuickItems>) => (items && 'batch' in items ? items.batch : undefined);

/** What JSON.parse and the domain's parser make of a body; `undefined` if it is refused as a whole. */
async function slowly(body: string | Uint8Array, format: JsonFormat = 'json'): Promise<Items<Received> | undefined> {
  const bytes = typeof body === 'string' ? bytesOf(body) : body;
  try {
    return await jsonItems(bytes, format, 'readings', (value) => parse(value, NOW));
  } catch (error) {
    expect(error).toBeInstanceOf(Refusal);
    return undefined;
  }
}

const aMeter = { meterId: 'M-7', kwhConsumedAc: 0.1, voltage: 230.1, timestamp: START };
const aVehicle = { vehicleId: 'EV-7', kwhDeliveredDc: 0.08, soc: 50, batteryTemp: -3.5, timestamp: START + 1 };
const aWindmill = {
  windmillId: 'W-7',
  kwhFromWind: 1,
  windSpeed: 9,
  gearTemp: 40,
  balance: -30.5,
  timestamp: START,
};
const aHeater = { heaterId: 'H-7', kwhHeated: 2, timestamp: START };
const meters = [aMeter, { ...aMeter, meterId: 'M-8' }, { ...aMeter, voltage: 229.9 }];
const mixed = [aMeter, aVehicle, aWindmill, aHeater, aVehicle, aMeter, aHeater];

/** A batch of one meter reading, with its values as JSON text. */
const written = ({ id = '"M-7"', kwh = '0.1', voltage = '230.1', time = String(START) }) =>
  `[{"meterId":${id},"kwhConsumedAc":${kwh},"voltage":${voltage},"timestamp":${time}}]`;
/** The same reading after a usual one, from which the layout is learned. */
const second = (parts: Parameters<typeof written>[0]) => `[${written({}).slice(1, -1)},${written(parts).slice(1)}`;

describe('the fast path reads a body of valid readings', () => {
  it('of every stream', () => {
    expect(batchOf(quickly(JSON.stringify([aMeter, aVehicle, aWindmill, aHeater])))).toStrictEqual([
      { kind: 'meter', deviceId: 'M-7', timestamp: START, energy: 100_000, receivedAt: NOW, voltage: 230.1 },
      {
        kind: 'vehicle',
        deviceId: 'EV-7',
        timestamp: START + 1,
        energy: 80_000,
        receivedAt: NOW,
        soc: 50,
        batteryTemp: -3.5,
      },
      {
        kind: 'windmill',
        deviceId: 'W-7',
        timestamp: START,
        energy: 1_000_000,
        receivedAt: NOW,
        windSpeed: 9,
        gearTemp: 40,
        balance: -30.5,
      },
      { kind: 'heater', deviceId: 'H-7', timestamp: START, energy: 2_000_000, receivedAt: NOW },
    ]);
  });

  it.each<[string, string, JsonFormat?]>([
    ['as JSON.stringify writes it', JSON.stringify(meters)],
    ['with a space after each comma and colon', JSON.stringify(meters).replace(/([,:])/g, '$1 ')],
    ['printed over many lines', JSON.stringify(mixed, null, 2)],
    [
      'printed with CRLF, and white space around it',
      `\r\n ${JSON.stringify(mixed, null, '\t').replace(/\n/g, '\r\n')}\t\n`,
    ],
    ['of all streams in turn', JSON.stringify(mixed)],
    ['of all streams in turn, as lines', mixed.map((reading) => JSON.stringify(reading)).join('\n'), 'ndjson'],
    [
      'as lines with empty lines and CRLF between them',
      `\n\r\n${meters.map((it) => `${JSON.stringify(it)} \r\n \n`).join('')}`,
      'ndjson',
    ],
    ['of one reading', JSON.stringify([aMeter])],
    ['one reading alone', JSON.stringify(aMeter)],
    ['one reading alone, with white space around it', ` \r\n${JSON.stringify(aVehicle, null, 2)}\n\t`],
    ['of one line', JSON.stringify(aMeter), 'ndjson'],
    [
      'with its fields in another order',
      JSON.stringify(meters.map((it) => Object.fromEntries(Object.entries(it).reverse()))),
    ],
    [
      'in four layouts',
      `[${[aMeter, aVehicle].flatMap((it) => [JSON.stringify(it), JSON.stringify(it, null, 1)]).join()}]`,
    ],
    ['with an id of 128 characters', written({ id: `"${'aZ0._:-'.padEnd(128, 'x')}"` })],
    ['within rounding of the bounds', JSON.stringify([{ ...aVehicle, soc: 100.00000001, kwhDeliveredDc: -4e-7 }])],
    ['at the limits of the bounds', JSON.stringify([{ ...aVehicle, soc: 100, batteryTemp: -60, kwhDeliveredDc: 100 }])],
    ['at the oldest accepted time', written({ time: String(NOW - ACCEPTED.maxAge) })],
    ['at the newest accepted time', written({ time: String(NOW + ACCEPTED.maxFuture) })],
    ['at a time without a fraction', written({ time: '"2026-01-15T12:00:00Z"' })],
    ['at a time with milliseconds', written({ time: '"2026-01-15T11:59:59.987Z"' })],
    ['at an epoch time with zeros after the decimal point', written({ time: `${START}.0000` })],
    [
      'at times of several minutes',
      JSON.stringify([0, 1, 2, 70].map((minute) => ({ ...aMeter, timestamp: new Date(START - minute * MINUTE) }))),
    ],
    ['with epoch and text times mixed', second({ time: '"2026-01-15T12:00:00Z"' })],
  ])('%s', async (_, body, format) => {
    expect(quickly(body, format)).toBeDefined();
    expect(quickly(body, format)).toStrictEqual(await slowly(body, format));
  });

  it.each([
    '0',
    '-0',
    '0.0',
    '-0.000',
    '7',
    '230',
    '230.10',
    '0.1',
    '0.000000001',
    '123.456789012345',
    '299.999999999999',
    '0.30000000000000004',
    '229.98765432109876',
    '1e2',
    '1E+2',
    '2.5e-3',
    '1e-400',
    '0.0000000000000000000001',
    '123456789e-7',
    '0.1234567890',
    '12.1234567890123456789',
  ])('%s V', async (voltage) => {
    for (const body of [written({ voltage }), second({ voltage })]) {
      expect(quickly(body)).toBeDefined();
      expect(quickly(body)).toStrictEqual(await slowly(body));
    }
  });

  it.each(['9570818358397.101', '94086845419916.75', '9007199254740993', '-123456789012345.678', '999999999999999999'])(
    '%s mWh',
    (balance) => {
      const body = JSON.stringify([aWindmill]).replace('-30.5', balance);
      expect(batchOf(quickly(body))).toMatchObject([{ balance: Number(balance) }]);
    },
  );

  it('but not texts, ids, numbers and bodies so long that scanning them would take long', () => {
    const withNote = (note: string) => JSON.stringify([{ ...aMeter, remark: note }]);
    expect(quickly(withNote('x'))).toBeDefined();
    expect(quickly(withNote('x'.repeat(1_000)))).toBeDefined();
    expect(quickly(withNote('\n'.repeat(600)))).toBeUndefined();
    expect(quickly(written({ voltage: '1'.padEnd(64, '0').replace('10', '1.') }))).toBeDefined();
    expect(quickly(written({ voltage: '1.'.padEnd(70, '0') }))).toBeUndefined();
    expect(quickly(`${written({})}${' '.repeat(2 * 1024 * 1024)}`)).toBeUndefined();
  });

  it('up to the maximum batch size', () => {
    const body = (size: number) => JSON.stringify(new Array(size).fill(aMeter));
    expect(batchOf(quickly(body(MAX_BATCH)))).toHaveLength(MAX_BATCH);
    expect(quickly(body(MAX_BATCH + 1))).toBeUndefined();
  });

  it('from a slice of a larger buffer', async () => {
    const body = bytesOf(`{"a":1}${JSON.stringify(mixed)}]`);
    expect(quickly(body.subarray(7, -1))).toStrictEqual(await slowly(JSON.stringify(mixed)));
  });

  it('with the right id for each, even if two ids have the same hash', () => {
    const body = JSON.stringify(['Aa', 'BB', 'Aa', 'BB'].map((meterId) => ({ ...aMeter, meterId })));
    expect(batchOf(quickly(body))?.map(({ deviceId }) => deviceId)).toEqual(['Aa', 'BB', 'Aa', 'BB']);
  });
});

describe('the fast path leaves to the slow path', () => {
  it.each<[string, string, JsonFormat?]>([
    ['no bytes', ''],
    ['no lines', '\n \r\n', 'ndjson'],
    ['white space', ' \n'],
    ['a single reading that is cut short', JSON.stringify(aMeter).slice(0, -1)],
    ['something after a single reading', `${JSON.stringify(aMeter)},`],
    ['two readings outside a batch', JSON.stringify(aMeter).repeat(2)],
    ['a single reading that is too old', JSON.stringify({ ...aMeter, timestamp: NOW - ACCEPTED.maxAge - 1 })],
    ['an empty batch', '[]'],
    ['a byte order mark', `\ufeff${JSON.stringify(meters)}`],
    ['a byte order mark before lines', `\ufeff${JSON.stringify(aMeter)}`, 'ndjson'],
    ['a trailing comma', `${JSON.stringify(meters).slice(0, -1)},]`],
    ['a leading comma', `[,${JSON.stringify(meters).slice(1)}`],
    ['a batch that is not closed', JSON.stringify(meters).slice(0, -1)],
    ['something after the batch', `${JSON.stringify(meters)}]`],
    ['no comma between two readings', JSON.stringify(meters).replace('},{', '} {')],
    ['another byte instead of the comma', JSON.stringify(meters).replace('},{', '};{')],
    ['two readings on one line', `${JSON.stringify(aMeter)} ${JSON.stringify(aMeter)}`, 'ndjson'],
    [
      'two readings with only a carriage return between them',
      `${JSON.stringify(aMeter)}\r${JSON.stringify(aMeter)}`,
      'ndjson',
    ],
    ['a reading over many lines', JSON.stringify(aMeter, null, 1), 'ndjson'],
    ['an array as a line', JSON.stringify(meters), 'ndjson'],
    ['the id of another stream', JSON.stringify([{ ...aMeter, vehicleId: 'EV-7' }])],
    ['the id of another stream, null', JSON.stringify([{ vehicleId: null, ...aMeter }])],
    [
      'the id of another stream with an escape',
      JSON.stringify([{ ...aMeter, vehicleId: 7 }]).replace('vehicleI', 'vehicle\\u0049'),
    ],
    ['a second id with an escape', `[{"m\\u0065terId":"M-8",${JSON.stringify(aMeter).slice(1)}]`],
    ['a missing field', JSON.stringify([{ ...aMeter, voltage: undefined }])],
    ['a field twice', `[{"voltage":230,${JSON.stringify(aMeter).slice(1)}]`],
    ['a time twice', `[{"timestamp":"2026-01-15T12:00:00Z",${JSON.stringify(aMeter).slice(1)}]`],
    [
      'a time in both forms, and a field missing',
      JSON.stringify([aMeter]).replace('"voltage":230.1', '"timestamp":"2026-01-15T12:00:00Z"'),
    ],
    ['an escape in a name', JSON.stringify([aMeter]).replace('voltage', 'v\\u006fltage')],
    ['an object as a value', JSON.stringify([{ ...aMeter, voltage: { v: 230 } }])],
    ['an array in an array', JSON.stringify([[aMeter]])],
    ['an object of more than 1,024 bytes', JSON.stringify([{ ...aMeter, note: 'x'.repeat(1_000) }])],
    ['null', '[null]'],
    ['an object without fields', '[{}]'],
  ])('%s', (_, body, format) => {
    expect(quickly(body, format)).toBeUndefined();
  });

  it.each<[string, Parameters<typeof written>[0]]>([
    ['an id of 129 characters', { id: `"${'x'.repeat(129)}"` }],
    ['an empty id', { id: '""' }],
    ['an escape in an id', { id: '"M\\u002d7"' }],
    ['an id that is not ASCII', { id: '"M-é"' }],
    ['a line break in an id', { id: '"M\n7"' }],
    ['a number as id', { id: '7' }],
    ['a string as number', { voltage: '"230"' }],
    ['null as number', { voltage: 'null' }],
    ['a leading zero', { voltage: '0230' }],
    ['two zeros', { voltage: '00' }],
    ['a minus and a leading zero', { kwh: '-00.1' }],
    ['a plus', { voltage: '+230' }],
    ['a lone minus', { voltage: '-' }],
    ['no digit before the decimal point', { voltage: '.5' }],
    ['no digit after the decimal point', { voltage: '230.' }],
    ['no digit between the decimal point and the exponent', { voltage: '2.e2' }],
    ['two decimal points', { voltage: '2.3.0' }],
    ['an exponent without digits', { voltage: '23e' }],
    ['two numbers', { voltage: '2 3' }],
    ['a long number with a leading zero', { voltage: '01234567890123456' }],
    ['a long number with two decimal points', { voltage: '1.2345678901234567.8' }],
    ['negative energy', { kwh: '-0.000001' }],
    ['energy above its bound', { kwh: '100.000001' }],
    ['an id that no URL can carry', { id: '".."' }],
    ['a number that is too large', { voltage: '1e309' }],
    ['a time in seconds', { time: String(START / 1000) }],
    ['a time that is not an integer', { time: `${START}.5` }],
    ['a time that is an integer only if it is rounded twice', { time: `${START}.00012208` }],
    ['a time just too old', { time: String(NOW - ACCEPTED.maxAge - 1) }],
    ['a time just too new', { time: String(NOW + ACCEPTED.maxFuture + 1) }],
    ['a text time that is too old', { time: '"2025-12-15T12:00:00Z"' }],
    ['a text time that is too new', { time: '"2026-01-15T12:06:00Z"' }],
    ['a leap second', { time: '"2026-01-15T11:59:60Z"' }],
    ['a day that does not exist', { time: '"2026-01-32T11:59:00Z"' }],
    ['a minute that does not exist', { time: '"2026-01-15T11:60:00Z"' }],
    ['no offset', { time: '"2026-01-15T12:00:00"' }],
    ['seconds that are not digits', { time: '"2026-01-15T12:00:0/Z"' }],
    ['seconds after a dot', { time: '"2026-01-15T12:00.00Z"' }],
    ['a fraction that is not digits', { time: '"2026-01-15T12:00:00.12:Z"' }],
    ['something after the Z', { time: '"2026-01-15T12:00:00Z "' }],
  ])('%s', (_, parts) => {
    for (const body of [written(parts), second(parts)]) expect(quickly(body)).toBeUndefined();
  });

  it('a field that is also the id of another stream', () => {
    const measured = { meterId: { unit: '1', min: 0, max: 9 } };
    const oddStream = { ...heaterStream, kind: 'odd', idField: 'oddId', energyField: 'kwhOdd', measured };
    const body = bytesOf(JSON.stringify([{ oddId: 'O-7', kwhOdd: 1, meterId: 7, timestamp: START }]));
    expect(quickItems(ACCEPTED, { definitions: [oddStream] })(body, 'json', NOW)).toBeDefined();
    expect(quickItems(ACCEPTED, { definitions: [oddStream, streams.meter] })(body, 'json', NOW)).toBeUndefined();
  });

  it('an id that is not UTF-8', () => {
    const body = bytesOf(written({}));
    body[body.indexOf(0x37)] = 0xff;
    expect(quickly(body)).toBeUndefined();
  });
});

describe('a member that its stream does not have is skipped', () => {
  const positions: [string, (member: string) => string][] = [
    ['first', (member) => `{${member},${JSON.stringify(aMeter).slice(1)}`],
    ['in the middle', (member) => JSON.stringify(aMeter).replace(',"voltage"', `,${member},"voltage"`)],
    ['last', (member) => `${JSON.stringify(aMeter).slice(0, -1)},${member}}`],
  ];
  const usual = '"firmware":"1.2.3"';

  it.each([
    usual,
    '"firmware":""',
    String.raw`"firmware":"\"\\\/\b\f\n\r\t\u00e9\uD800"`,
    '"firmware":"é 中 😀 \u007f\u2028"',
    '"firmware":"{\\"meterId\\":\\"M-8\\"}"',
    '"firmware":0',
    '"firmware":-0.5',
    '"firmware":1e400',
    '"firmware":12345678901234567890.5E-3',
    '"firmware":true',
    '"firmware":false',
    '"firmware":null',
    '"":1',
    '"soc":101',
    '"température":20',
    '"__proto__":null',
    '"constructor" : "x"',
  ])('%s', async (member) => {
    for (const [, place] of positions) {
      for (const body of [`[${place(member)}]`, `[${place(usual)},${place(member)}]`, place(member)]) {
        expect(quickly(body)).toBeDefined();
        expect(quickly(body)).toStrictEqual(await slowly(body));
      }
    }
  });

  it('by one layout, even if the type of its value varies', () => {
    const body = JSON.stringify(['1.2.3', null, 7, 'é\n', false].map((firmware) => ({ ...aMeter, firmware })));
    expect(batchOf(quickItems(ACCEPTED)(bytesOf(body), 'json', NOW))).toHaveLength(5);
  });

  it.each([
    '"firmware":{}',
    '"firmware":[1]',
    '"firmware":',
    '"firmware"',
    '"firmware":01',
    '"firmware":-01',
    '"firmware":1.',
    '"firmware":.5',
    '"firmware":+1',
    '"firmware":-',
    '"firmware":1e',
    '"firmware":0x1',
    '"firmware":1 2',
    '"firmware":01234567890123456789',
    '"firmware":NaN',
    '"firmware":-Infinity',
    '"firmware":tru',
    '"firmware":nulll',
    '"firmware":True',
    '"firmware":undefined',
    String.raw`"firmware":"\x"`,
    String.raw`"firmware":"\u12g4"`,
    String.raw`"firmware":"\u123"`,
    String.raw`"firmware":"\"`,
    '"firmware":"a\tb"',
    '"firmware":"a\u0000b"',
    '"firmware":"a\nb"',
    '"firmware":"open',
    '"firmware":"1""2"',
    '"firmware":"1"2',
    '"firmware":\'x\'',
    '"firm\tware":1',
    'firmware:1',
    ',"firmware":1',
    '"firmware":1,"firmware":2',
  ])('but not %j', (member) => {
    for (const [, place] of positions) {
      for (const body of [`[${place(member)}]`, `[${place(usual)},${place(member)}]`]) {
        expect(quickly(body)).toBeUndefined();
      }
    }
  });

  it.each(['"firmware":"#"', '"firm#ware":1'])('but not if it is not UTF-8: %s', async (member) => {
    for (const invalid of [[0xff], [0xc3], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80]]) {
      for (const [, place] of positions) {
        const body = Buffer.from(`[${place(member)}]`.replace('#', Buffer.from(invalid).toString('latin1')), 'latin1');
        const known = `[${place(member.replace('#', 'é'))},${place(member.replace('#', '\ufffd'))}]`;
        expect(quickly(known)).toBeDefined();
        expect(quickly(body)).toBeUndefined();
        expect(await slowly(body)).toBeUndefined();
      }
    }
  });
});

describe('layouts are learned', () => {
  const reading = (space: number, voltage = 230.1) => bytesOf(JSON.stringify({ ...aMeter, voltage }, null, space));
  /** Sends a reading until its layout is learned; returns how often it was sent. */
  const teach = (quick: QuickItems, space: number) => {
    for (let sent = 1; sent <= 100; sent++) if (quick(reading(space), 'json', NOW)) return sent;
    throw new Error('the layout is never learned');
  };

  it('from the first reading, then at most once per 1,600 bytes received', () => {
    const quick = quickItems(ACCEPTED);
    expect(teach(quick, 0)).toBe(1);
    for (const space of [1, 2]) {
      const bytes = teach(quick, space) * reading(space).length;
      expect(bytes).toBeGreaterThan(1_400);
      expect(bytes).toBeLessThan(1_700);
    }
    for (const space of [0, 1, 2]) expect(quick(reading(space, 229), 'json', NOW)).toBeDefined();
  });

  it('from at most four readings of a large batch', () => {
    const batch = (layouts: number) => {
      const texts = Array.from({ length: 100 }, (_, i) => new TextDecoder().decode(reading(i % layouts)));
      return bytesOf(`[${texts.join(',')}]`);
    };
    expect(quickItems(ACCEPTED)(batch(4), 'json', NOW)).toBeDefined();
    expect(quickItems(ACCEPTED)(batch(5), 'json', NOW)).toBeUndefined();
  });

  it('and the last eight are remembered', () => {
    const quick = quickItems(ACCEPTED);
    for (let space = 0; space <= 8; space++) teach(quick, space);
    expect(quick(reading(0), 'json', NOW)).toBeUndefined();
    for (let space = 1; space <= 8; space++) expect(quick(reading(space), 'json', NOW)).toBeDefined();
  });

  it('and not forgotten because of invalid readings', () => {
    const quick = quickItems(ACCEPTED);
    for (const space of [0, 1]) teach(quick, space);
    for (let sent = 0; sent < 200; sent++) expect(quick(reading(0, 1e6), 'json', NOW)).toBeUndefined();
    for (const space of [0, 1]) expect(quick(reading(space), 'json', NOW)).toBeDefined();
  });
});

const space = fc.oneof({ weight: 3, arbitrary: fc.constant('') }, fc.stringMatching(/^[ \t\r]{0,3}$/));
const spaceWithLines = fc.oneof({ weight: 3, arbitrary: fc.constant('') }, fc.stringMatching(/^[ \t\r\n]{0,3}$/));

/** A number within bounds as text, in many forms. */
const numberText = (min: number, max: number) => {
  const value = fc.oneof(
    fc.double({ min, max, noNaN: true }), // most are tiny
    fc.maxSafeNat().map((nat) => min + (max - min) * (nat / Number.MAX_SAFE_INTEGER)),
    fc.integer({ min: Math.max(min, -(2 ** 31)), max: Math.min(max, 2 ** 31 - 1) }),
    fc.constantFrom(min, max, 0),
  );
  const decimals = fc.integer({ min: 0, max: 20 });
  const form = fc.constantFrom<('plain' | 'fixed' | 'exponent' | 'capital')[]>(
    'plain',
    'plain',
    'fixed',
    'fixed',
    'exponent',
    'capital',
  );
  return fc.tuple(value, form, decimals).map(([number, how, places]) => {
    const forms = {
      plain: JSON.stringify(number),
      fixed: number.toFixed(places),
      exponent: number.toExponential(places),
      capital: number.toExponential().toUpperCase(),
    };
    const text = forms[how];
    return Number(text) >= min && Number(text) <= max ? text : forms.plain; // rounding may have left the bounds
  });
};
const timeText = fc
  .tuple(
    fc.integer({ min: NOW - ACCEPTED.maxAge + SECOND, max: NOW + ACCEPTED.maxFuture }),
    fc.constantFrom('n', 'n', 'ms', 's'),
  )
  .map(([time, form]) => {
    if (form === 'n') return String(time);
    const text = new Date(time).toISOString();
    return form === 'ms' ? `"${text}"` : `"${text.slice(0, 19)}Z"`;
  });
const idText = fc
  .oneof(
    fc.stringMatching(/^[A-Za-z0-9._:-]{1,128}$/).filter(isDeviceId),
    fc.stringMatching(/^[AB][ab]$/),
    fc.constantFrom('M-1', 'M-2'),
  )
  .map((id) => `"${id}"`);

/** The names of members that no stream has, and their values as JSON text: all types, nested ones rarely. */
const unknownName = fc.constantFrom('firmware', 'rssi', '', 'température', '__proto__', 'toString', 'Voltage', 'a/b');
const unknownText = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: 'binary' }).map((text) => JSON.stringify(text)) },
  { weight: 2, arbitrary: fc.constantFrom('"1.2.3"', String.raw`"\/\b\u00e9\uDABC"`, '"\u007f é 😀"', '-0', '1e400') },
  { weight: 4, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)) },
  { weight: 4, arbitrary: fc.constantFrom('true', 'false', 'null') },
  { weight: 1, arbitrary: fc.jsonValue().map((value) => JSON.stringify(value)) },
);

/** The members of a valid reading as JSON text, in the order of its stream. */
const members = (stream: StreamDefinition): fc.Arbitrary<readonly (readonly [string, string])[]> =>
  fc.tuple(
    fc.tuple(fc.constant(stream.idField), idText),
    fc.tuple(fc.constant(stream.energyField), numberText(0, 100)),
    ...Object.entries(stream.measured).map(([name, { min, max }]) => fc.tuple(fc.constant(name), numberText(min, max))),
    fc.tuple(fc.constant('timestamp'), timeText),
  );

/** How the objects of one kind are written: unknown members, the order of members, and white space between tokens. */
const style = (blank: fc.Arbitrary<string>) =>
  fc.record({
    unknown: fc.uniqueArray(unknownName, { maxLength: 2, selector: (name) => JSON.parse(`"${name}"`) }),
    order: fc.array(fc.nat(), { minLength: 8, maxLength: 8 }),
    blanks: fc.array(blank, { minLength: 1, maxLength: 7 }),
  });
type Style = typeof style extends (blank: fc.Arbitrary<string>) => fc.Arbitrary<infer S> ? S : never;

function writtenIn({ order, blanks }: Style, pairs: readonly (readonly [string, string])[]): string {
  let next = 0;
  const blank = () => blanks[next++ % blanks.length];
  const ranked = pairs.map(([name, value], index) => ({ name, value, rank: order[index] ?? 0 }));
  const inOrder = ranked.toSorted((a, b) => a.rank - b.rank);
  const text = inOrder.map(({ name, value }) => `${blank()}"${name}"${blank()}:${blank()}${value}${blank()}`);
  return `{${text.join(',')}}`;
}

/**
 * A valid body of a single reading or of a batch, each stream in a style of its own, with the white space before, between
 * and after its readings.
 */
const validBody = fc.boolean().chain((isLines) => {
  const blank = isLines ? space : spaceWithLines;
  const unknown = fc.array(unknownText, { minLength: 2, maxLength: 2 });
  const reading = fc
    .nat(definitions.length - 1)
    .chain((index) =>
      fc.record({ index: fc.constant(index), pairs: members(definitions[index] as StreamDefinition), unknown }),
    );
  return fc.record({
    format: fc.constant<JsonFormat>(isLines ? 'ndjson' : 'json'),
    isAlone: fc.boolean(),
    styles: fc.array(style(blank), { minLength: definitions.length, maxLength: definitions.length }),
    readings: fc.array(reading, { minLength: 1, maxLength: 8 }),
    outer: spaceWithLines,
    inner: blank,
  });
});
type ValidBody = typeof validBody extends fc.Arbitrary<infer B> ? B : never;

function textOf({ format, isAlone, styles, readings, outer, inner }: ValidBody): string {
  const objects = readings.map(({ index, pairs, unknown }) => {
    const style = styles[index] as Style;
    return writtenIn(style, [...pairs, ...style.unknown.map((name, i) => [name, unknown[i] as string] as const)]);
  });
  if (isAlone) return outer + objects[0] + outer;
  if (format === 'ndjson') return outer + objects.join(`${inner}\n${outer}`) + inner;
  return `${outer}[${inner}${objects.join(`${inner},${inner}`)}${inner}]${outer}`;
}

const RUNS = 1_000;

describe('the fast path agrees with the slow path', () => {
  it('on valid readings of all streams in any style, with any unknown members', async () => {
    const taken = { without: 0, withUnknown: 0 };
    await fc.assert(
      fc.asyncProperty(validBody, async (body) => {
        const text = textOf(body);
        const readings = quickly(text, body.format);
        const expected = await slowly(text, body.format);
        const received = expected && ('single' in expected ? [expected.single] : expected.batch);
        expect(received?.every((it) => !('status' in it))).toBe(true);
        if (readings === undefined) return;
        const isPlain = body.readings.every(({ index }) => body.styles[index]?.unknown.length === 0);
        taken[isPlain ? 'without' : 'withUnknown']++;
        expect(readings).toStrictEqual(expected);
      }),
      { numRuns: RUNS },
    );
    expect(taken.without + taken.withUnknown).toBeGreaterThan(RUNS / 4);
    expect(Math.min(taken.without, taken.withUnknown)).toBeGreaterThan(RUNS / 50);
  });

  it('on which numbers and times are valid: of a usual body it leaves exactly those that the domain rejects', () => {
    const value = fc.oneof(
      { weight: 9, arbitrary: fc.double({ min: 0, max: 100, noNaN: true }) },
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.constantFrom(-60, -60.1, 100, 100.0000001, 200, 200.1, 1_000, 1_000.1, -1e-9),
    );
    const at = fc.oneof(
      { weight: 9, arbitrary: fc.integer({ min: NOW - ACCEPTED.maxAge, max: NOW + ACCEPTED.maxFuture }) },
      fc.constantFrom(NOW - ACCEPTED.maxAge - 1, NOW + ACCEPTED.maxFuture + 1, START / 1000, START + 0.5),
    );
    const timestamp = fc.oneof(
      at,
      at.map((time) => new Date(time).toISOString()),
    );
    const sent = fc.oneof(
      fc.record({ meterId: fc.constant('M-7'), kwhConsumedAc: value, voltage: value, timestamp }),
      fc.record({ vehicleId: fc.constant('EV-7'), kwhDeliveredDc: value, soc: value, batteryTemp: value, timestamp }),
    );
    const seen = { taken: 0, left: 0 };
    fc.assert(
      fc.property(fc.array(sent, { minLength: 1, maxLength: 3 }), (batch) => {
        const received = batch.map((it) => parse(it, NOW));
        const expected = received.every((it) => !('status' in it)) ? received : undefined;
        expect(batchOf(quickly(JSON.stringify(batch)))).toStrictEqual(expected);
        seen[expected ? 'taken' : 'left']++;
      }),
      { numRuns: RUNS },
    );
    expect(Math.min(seen.taken, seen.left)).toBeGreaterThan(RUNS / 10);
  });

  /** Checks what the fast path reads, if it reads the body; returns whether it does. */
  const agrees = async (body: string | Uint8Array, format: JsonFormat): Promise<boolean> => {
    const readings = quickly(body, format);
    if (readings !== undefined) expect(readings).toStrictEqual(await slowly(body, format));
    return readings !== undefined;
  };

  it('on every body in which one byte is replaced or deleted', async () => {
    const unknown = String.raw`{"né":"a\u00e9\n é😀","ok":true,"n":-1.5e3,`;
    const time = '"2026-01-15T11:59:59.987Z"';
    const reading = written({ voltage: '1.50', time }).slice(1, -1).replace('{', unknown);
    const body = bytesOf(`[${reading}]`);
    expect(quickly(body)).toBeDefined();
    let taken = 0;
    for (let at = 0; at < body.length; at++) {
      for (let byte = 0; byte < 256; byte++) if (await agrees(body.with(at, byte), 'json')) taken++;
      await agrees(
        body.filter((_, index) => index !== at),
        'json',
      );
    }
    expect(taken).toBeGreaterThan(body.length);
  });

  it('on bodies with bytes replaced, inserted or deleted', async () => {
    const byte = fc.oneof(fc.nat(255), fc.constantFrom(...bytesOf(' \t\r\n"\\{}[]:,.-+0123456789eEZT')));
    const change = fc.record({ at: fc.nat(), how: fc.constantFrom('replace', 'insert', 'delete'), byte });
    const seen = { taken: 0, left: 0 };
    await fc.assert(
      fc.asyncProperty(validBody, fc.array(change, { minLength: 1, maxLength: 2 }), async (body, changes) => {
        const bytes = [...bytesOf(textOf(body))];
        for (const { at, how, byte } of changes) {
          if (how === 'insert') bytes.splice(at % (bytes.length + 1), 0, byte);
          else bytes.splice(at % bytes.length, 1, ...(how === 'replace' ? [byte] : []));
        }
        seen[(await agrees(Uint8Array.from(bytes), body.format)) ? 'taken' : 'left']++;
      }),
      { numRuns: 3 * RUNS },
    );
    expect(Math.min(seen.taken, seen.left)).toBeGreaterThan(RUNS / 10);
  });

  it('on members that are missing, repeated, renamed, added, or have any other value', async () => {
    const junk = fc.oneof(
      fc.jsonValue().map((value) => JSON.stringify(value)),
      fc.stringMatching(/^-?[0-9.]{1,20}([eE][-+]?[0-9]{0,3})?$/),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
      fc.integer({ min: START - 40 * DAY, max: START + 40 * DAY }).map(String),
      fc
        .date({ noInvalidDate: true, min: new Date(START - 40 * DAY), max: new Date(START + DAY) })
        .map((it) => JSON.stringify(it)),
      fc.constantFrom('00', '01', '-01.5', '1.', '.1', '1e', '-', '"M-1"', '""', '"2026-01-15T12:00:00+00:00"', '""2'),
      fc.constantFrom('tru', 'nulll', '"\\x"', '"\\u12g4"', '"a\tb"', '"open', String.raw`"\u0000\""`, '"\\\\"'),
    );
    const name = fc.constantFrom(
      'meterId',
      'vehicleId',
      'soc',
      'voltage',
      'timestamp',
      'other',
      '__proto__',
      'v\\u006fltage',
      'm\\u0065terId',
    );
    const change = fc.record({
      reading: fc.nat(),
      member: fc.nat(),
      how: fc.constantFrom('value', 'value', 'remove', 'repeat', 'rename', 'add', 'add'),
      name,
      value: junk,
    });
    const seen = { taken: 0, left: 0 };
    await fc.assert(
      fc.asyncProperty(validBody, fc.array(change, { minLength: 1, maxLength: 2 }), async (body, changes) => {
        const readings = body.readings.map(({ pairs, ...rest }) => ({ ...rest, pairs: [...pairs] }));
        for (const { reading, member, how, name, value } of changes) {
          const { pairs } = readings[reading % readings.length] as (typeof readings)[number];
          const at = member % (pairs.length || 1);
          const [oldName, oldValue] = pairs[at] ?? ['other', '1'];
          if (how === 'remove') pairs.splice(at, 1);
          else if (how === 'repeat') pairs.push([oldName, value]);
          else if (how === 'add') pairs.push([name, value]);
          else pairs[at] = how === 'rename' ? [name, oldValue] : [oldName, value];
        }
        seen[(await agrees(textOf({ ...body, readings }), body.format)) ? 'taken' : 'left']++;
      }),
      { numRuns: 3 * RUNS },
    );
    expect(Math.min(seen.taken, seen.left)).toBeGreaterThan(RUNS / 20);
  });
});
