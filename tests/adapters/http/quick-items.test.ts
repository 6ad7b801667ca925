import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type QuickItems, quickItems } from '#adapters/inbound/http/ingest/fast-path/quick-items';
import { type IngestItems, ingestItems } from '#adapters/inbound/http/ingest/ingest-items';
import { readingParser } from '#adapters/inbound/http/ingest/reading-parser';
import { MAX_BATCH } from '#adapters/inbound/http/wire/batch-text';
import { Refusal } from '#adapters/inbound/http/wire/problem';
import type { JsonFormat } from '#adapters/inbound/http/wire/request-body';
import type { StreamDefinition } from '#domain/streams/stream';
import { streams } from '#domain/streams/streams';
import { DAY, MINUTE, SECOND } from '#domain/time/time';
import { START } from '#tests/support/readings';
import { inverterStream } from '#tests/support/streams';

/** With more fields than a reading is written out for, one of them of many digits. */
const wideStream = {
  ...inverterStream,
  measured: { ...inverterStream.measured, balance: { unit: 'mWh', min: -1e18, max: 1e18 } },
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
const quick = quickItems(ACCEPTED, { definitions, learningBytes: 0 });

const bytesOf = (text: string) => new TextEncoder().encode(text);
const quickly = (body: string | Uint8Array, format: JsonFormat = 'json') =>
  quick(typeof body === 'string' ? bytesOf(body) : body, format, NOW);
const batchOf = (items: ReturnType<QuickItems>) => (items && 'batch' in items ? items.batch : undefined);

/** What the way through JSON.parse makes of a body; nothing where it refuses it. */
function slowly(body: string | Uint8Array, format: JsonFormat = 'json'): IngestItems | undefined {
  const bytes = typeof body === 'string' ? bytesOf(body) : body;
  try {
    return ingestItems(bytes, format, { quickItems: () => undefined, parse }, NOW);
  } catch (error) {
    expect(error).toBeInstanceOf(Refusal);
    return undefined;
  }
}

const aMeter = { meterId: 'M-7', kwhConsumedAc: 0.1, voltage: 230.1, timestamp: START };
const aVehicle = { vehicleId: 'EV-7', kwhDeliveredDc: 0.08, soc: 50, batteryTemp: -3.5, timestamp: START + 1 };
const anInverter = {
  inverterId: 'I-7',
  kwhProducedDc: 1,
  irradiance: 900,
  panelTemp: 40,
  balance: -30.5,
  timestamp: START,
};
const aHeater = { heaterId: 'H-7', kwhHeated: 2, timestamp: START };
const meters = [aMeter, { ...aMeter, meterId: 'M-8' }, { ...aMeter, voltage: 229.9 }];
const mixed = [aMeter, aVehicle, anInverter, aHeater, aVehicle, aMeter, aHeater];

/** The body of a meter's reading with its parts as they are written. */
const written = ({ id = '"M-7"', kwh = '0.1', voltage = '230.1', time = String(START) }) =>
  `[{"meterId":${id},"kwhConsumedAc":${kwh},"voltage":${voltage},"timestamp":${time}}]`;
/** The same behind another of the usual kind, of which the layout is learned. */
const second = (parts: Parameters<typeof written>[0]) => `[${written({}).slice(1, -1)},${written(parts).slice(1)}`;

describe('a body of valid readings is read from its bytes', () => {
  it('into the readings of their streams', () => {
    expect(batchOf(quickly(JSON.stringify([aMeter, aVehicle, anInverter, aHeater])))).toStrictEqual([
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
        kind: 'inverter',
        deviceId: 'I-7',
        timestamp: START,
        energy: 1_000_000,
        receivedAt: NOW,
        irradiance: 900,
        panelTemp: 40,
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
      'as lines with empty ones and CRLF',
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
    ['at the ends of the bounds', JSON.stringify([{ ...aVehicle, soc: 100, batteryTemp: -60, kwhDeliveredDc: 100 }])],
    ['at the oldest accepted time', written({ time: String(NOW - ACCEPTED.maxAge) })],
    ['at the newest accepted time', written({ time: String(NOW + ACCEPTED.maxFuture) })],
    ['at a time without a fraction', written({ time: '"2026-01-15T12:00:00Z"' })],
    ['at a time with milliseconds', written({ time: '"2026-01-15T11:59:59.987Z"' })],
    ['at a time with zeros behind its point', written({ time: `${START}.0000` })],
    [
      'at times of several minutes',
      JSON.stringify([0, 1, 2, 70].map((minute) => ({ ...aMeter, timestamp: new Date(START - minute * MINUTE) }))),
    ],
    ['at times of both forms', second({ time: '"2026-01-15T12:00:00Z"' })],
  ])('%s', (_, body, format) => {
    expect(quickly(body, format)).toBeDefined();
    expect(quickly(body, format)).toStrictEqual(slowly(body, format));
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
  ])('%s V', (voltage) => {
    for (const body of [written({ voltage }), second({ voltage })]) {
      expect(quickly(body)).toBeDefined();
      expect(quickly(body)).toStrictEqual(slowly(body));
    }
  });

  it.each(['9570818358397.101', '94086845419916.75', '9007199254740993', '-123456789012345.678', '999999999999999999'])(
    '%s mWh',
    (balance) => {
      const body = JSON.stringify([anInverter]).replace('-30.5', balance);
      expect(batchOf(quickly(body))).toMatchObject([{ balance: Number(balance) }]);
    },
  );

  it('up to as many as a batch may hold', () => {
    const body = (size: number) => JSON.stringify(new Array(size).fill(aMeter));
    expect(batchOf(quickly(body(MAX_BATCH)))).toHaveLength(MAX_BATCH);
    expect(quickly(body(MAX_BATCH + 1))).toBeUndefined();
  });

  it('from a part of a larger buffer', () => {
    const body = bytesOf(`{"a":1}${JSON.stringify(mixed)}]`);
    expect(quickly(body.subarray(7, -1))).toStrictEqual(slowly(JSON.stringify(mixed)));
  });

  it('with the id that each is written with, also when two have the same hash', () => {
    const body = JSON.stringify(['Aa', 'BB', 'Aa', 'BB'].map((meterId) => ({ ...aMeter, meterId })));
    expect(batchOf(quickly(body))?.map(({ deviceId }) => deviceId)).toEqual(['Aa', 'BB', 'Aa', 'BB']);
  });
});

describe('a body that has anything unusual is left alone', () => {
  it.each<[string, string, JsonFormat?]>([
    ['no bytes', ''],
    ['no lines', '\n \r\n', 'ndjson'],
    ['white space', ' \n'],
    ['one reading without its end', JSON.stringify(aMeter).slice(0, -1)],
    ['something behind the one reading', `${JSON.stringify(aMeter)},`],
    ['two readings that are no batch', JSON.stringify(aMeter).repeat(2)],
    ['one reading that is too old', JSON.stringify({ ...aMeter, timestamp: NOW - ACCEPTED.maxAge - 1 })],
    ['no readings', '[]'],
    ['a byte order mark', `\ufeff${JSON.stringify(meters)}`],
    ['a byte order mark before lines', `\ufeff${JSON.stringify(aMeter)}`, 'ndjson'],
    ['a comma at its end', `${JSON.stringify(meters).slice(0, -1)},]`],
    ['a comma at its beginning', `[,${JSON.stringify(meters).slice(1)}`],
    ['no end', JSON.stringify(meters).slice(0, -1)],
    ['something behind it', `${JSON.stringify(meters)}]`],
    ['no comma between two', JSON.stringify(meters).replace('},{', '} {')],
    ['another byte for the comma between two', JSON.stringify(meters).replace('},{', '};{')],
    ['two on one line', `${JSON.stringify(aMeter)} ${JSON.stringify(aMeter)}`, 'ndjson'],
    ['two with a carriage return between them', `${JSON.stringify(aMeter)}\r${JSON.stringify(aMeter)}`, 'ndjson'],
    ['one over many lines', JSON.stringify(aMeter, null, 1), 'ndjson'],
    ['an array of lines', JSON.stringify(meters), 'ndjson'],
    ['a field that no stream has', JSON.stringify([{ ...aMeter, firmware: 3 }])],
    ['a field of another stream', JSON.stringify([{ ...aMeter, soc: 3 }])],
    ['the id of another stream', JSON.stringify([{ ...aMeter, vehicleId: 'EV-7' }])],
    ['a missing field', JSON.stringify([{ ...aMeter, voltage: undefined }])],
    ['a field twice', `[{"voltage":230,${JSON.stringify(aMeter).slice(1)}]`],
    ['a time twice', `[{"timestamp":"2026-01-15T12:00:00Z",${JSON.stringify(aMeter).slice(1)}]`],
    [
      'a time in both forms, and a field missing',
      JSON.stringify([aMeter]).replace('"voltage":230.1', '"timestamp":"2026-01-15T12:00:00Z"'),
    ],
    ['an escape in a name', JSON.stringify([aMeter]).replace('voltage', 'v\\u006fltage')],
    ['an object within', JSON.stringify([{ ...aMeter, voltage: { v: 230 } }])],
    ['an array within', JSON.stringify([[aMeter]])],
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
    ['a minus alone', { voltage: '-' }],
    ['no digit before the point', { voltage: '.5' }],
    ['no digit behind the point', { voltage: '230.' }],
    ['no digit behind the point, with an exponent', { voltage: '2.e2' }],
    ['two points', { voltage: '2.3.0' }],
    ['no exponent behind its e', { voltage: '23e' }],
    ['two numbers', { voltage: '2 3' }],
    ['a long number with a leading zero', { voltage: '01234567890123456' }],
    ['a long number with two points', { voltage: '1.2345678901234567.8' }],
    ['a negative amount', { kwh: '-0.000000001' }],
    ['an amount above its bound', { kwh: '100.0000001' }],
    ['what is too large for a number', { voltage: '1e309' }],
    ['a time in seconds', { time: String(START / 1000) }],
    ['a time that is no integer', { time: `${START}.5` }],
    ['a time that is an integer to those alone who round twice', { time: `${START}.00012208` }],
    ['a time just too old', { time: String(NOW - ACCEPTED.maxAge - 1) }],
    ['a time just too new', { time: String(NOW + ACCEPTED.maxFuture + 1) }],
    ['a text time too old', { time: '"2025-12-15T12:00:00Z"' }],
    ['a text time too new', { time: '"2026-01-15T12:06:00Z"' }],
    ['a leap second', { time: '"2026-01-15T11:59:60Z"' }],
    ['a day that is not', { time: '"2026-01-32T11:59:00Z"' }],
    ['a minute that is not', { time: '"2026-01-15T11:60:00Z"' }],
    ['no offset', { time: '"2026-01-15T12:00:00"' }],
    ['seconds that are no digits', { time: '"2026-01-15T12:00:0/Z"' }],
    ['seconds behind a point', { time: '"2026-01-15T12:00.00Z"' }],
    ['a fraction that is no digits', { time: '"2026-01-15T12:00:00.12:Z"' }],
    ['something behind the Z', { time: '"2026-01-15T12:00:00Z "' }],
  ])('%s', (_, parts) => {
    for (const body of [written(parts), second(parts)]) expect(quickly(body)).toBeUndefined();
  });

  it('a field that is the id of another stream', () => {
    const measured = { meterId: { unit: '1', min: 0, max: 9 } };
    const oddStream = { ...heaterStream, kind: 'odd', idField: 'oddId', energyField: 'kwhOdd', measured };
    const body = bytesOf(JSON.stringify([{ oddId: 'O-7', kwhOdd: 1, meterId: 7, timestamp: START }]));
    expect(quickItems(ACCEPTED, { definitions: [oddStream] })(body, 'json', NOW)).toBeDefined();
    expect(quickItems(ACCEPTED, { definitions: [oddStream, streams.meter] })(body, 'json', NOW)).toBeUndefined();
  });

  it('a byte that is not UTF-8', () => {
    const body = bytesOf(written({}));
    body[body.indexOf(0x37)] = 0xff;
    expect(quickly(body)).toBeUndefined();
  });
});

describe('how readings are written is learned', () => {
  const reading = (space: number, voltage = 230.1) => bytesOf(JSON.stringify({ ...aMeter, voltage }, null, space));
  /** Sends a reading again and again until it is learned how it is written; tells how often that was. */
  const teach = (quick: QuickItems, space: number) => {
    for (let sent = 1; sent <= 100; sent++) if (quick(reading(space), 'json', NOW)) return sent;
    throw new Error('it is never learned');
  };

  it('from the first reading, and once for every 1,600 bytes from one that is written in a way not yet known', () => {
    const quick = quickItems(ACCEPTED);
    expect(teach(quick, 0)).toBe(1);
    for (const space of [1, 2]) {
      const bytes = teach(quick, space) * reading(space).length;
      expect(bytes).toBeGreaterThan(1_400);
      expect(bytes).toBeLessThan(1_700);
    }
    for (const space of [0, 1, 2]) expect(quick(reading(space, 229), 'json', NOW)).toBeDefined();
  });

  it('and from four readings of a large batch, and no more', () => {
    const batch = (ways: number) => {
      const texts = Array.from({ length: 100 }, (_, i) => new TextDecoder().decode(reading(i % ways)));
      return bytesOf(`[${texts.join(',')}]`);
    };
    expect(quickItems(ACCEPTED)(batch(4), 'json', NOW)).toBeDefined();
    expect(quickItems(ACCEPTED)(batch(5), 'json', NOW)).toBeUndefined();
  });

  it('and of the eight learned last remembered', () => {
    const quick = quickItems(ACCEPTED);
    for (let space = 0; space <= 8; space++) teach(quick, space);
    expect(quick(reading(0), 'json', NOW)).toBeUndefined();
    for (let space = 1; space <= 8; space++) expect(quick(reading(space), 'json', NOW)).toBeDefined();
  });

  it('and not forgotten for readings that are not valid, however many', () => {
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
    return Number(text) >= min && Number(text) <= max ? text : forms.plain; // digits cut off may have been rounded up
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
  .oneof(fc.stringMatching(/^[A-Za-z0-9._:-]{1,128}$/), fc.stringMatching(/^[AB][ab]$/), fc.constantFrom('M-1', 'M-2'))
  .map((id) => `"${id}"`);

/** The members of a valid reading as they are written, in the order of its stream. */
const members = (stream: StreamDefinition): fc.Arbitrary<readonly (readonly [string, string])[]> =>
  fc.tuple(
    fc.tuple(fc.constant(stream.idField), idText),
    fc.tuple(fc.constant(stream.energyField), numberText(0, 100)),
    ...Object.entries(stream.measured).map(([name, { min, max }]) => fc.tuple(fc.constant(name), numberText(min, max))),
    fc.tuple(fc.constant('timestamp'), timeText),
  );

/** How the objects of one kind are written: the order of their members, and the white space at each of many places. */
const style = (blank: fc.Arbitrary<string>) =>
  fc.record({
    order: fc.array(fc.nat(), { minLength: 8, maxLength: 8 }),
    blanks: fc.array(blank, { minLength: 1, maxLength: 7 }),
  });
type Style = typeof style extends (blank: fc.Arbitrary<string>) => fc.Arbitrary<infer S> ? S : never;

function writtenIn({ order, blanks }: Style, pairs: readonly (readonly [string, string])[]): string {
  let next = 0;
  const blank = () => blanks[next++ % blanks.length];
  const rank = new Map(pairs.map(([name], index) => [name, order[index] ?? 0]));
  const inOrder = pairs.toSorted(([a], [b]) => (rank.get(a) ?? 0) - (rank.get(b) ?? 0));
  const text = inOrder.map(([name, value]) => `${blank()}"${name}"${blank()}:${blank()}${value}${blank()}`);
  return `{${text.join(',')}}`;
}

/**
 * A valid body of one reading alone or of many, each stream written in a style of its own, with what is in front of,
 * between and behind its readings.
 */
const validBody = fc.boolean().chain((isLines) => {
  const blank = isLines ? space : spaceWithLines;
  const reading = fc
    .nat(definitions.length - 1)
    .chain((index) => members(definitions[index] as StreamDefinition).map((pairs) => ({ index, pairs })));
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
  const objects = readings.map(({ index, pairs }) => writtenIn(styles[index] as Style, pairs));
  if (isAlone) return outer + objects[0] + outer;
  if (format === 'ndjson') return outer + objects.join(`${inner}\n${outer}`) + inner;
  return `${outer}[${inner}${objects.join(`${inner},${inner}`)}${inner}]${outer}`;
}

const RUNS = 1_000;

describe('whatever the bytes are, the answer is that of JSON.parse', () => {
  it('for valid readings of all streams, however they are written', () => {
    let taken = 0;
    fc.assert(
      fc.property(validBody, (body) => {
        const text = textOf(body);
        const readings = quickly(text, body.format);
        const expected = slowly(text, body.format);
        const received = expected && ('single' in expected ? [expected.single] : expected.batch);
        expect(received?.every((it) => 'kind' in it)).toBe(true);
        if (readings === undefined) return;
        taken++;
        expect(readings).toStrictEqual(expected);
      }),
      { numRuns: RUNS },
    );
    expect(taken).toBeGreaterThan(RUNS / 2);
  });

  /** Gives up, or says the same; tells which. */
  const agrees = (body: string | Uint8Array, format: JsonFormat): boolean => {
    const readings = quickly(body, format);
    if (readings !== undefined) expect(readings).toStrictEqual(slowly(body, format));
    return readings !== undefined;
  };

  it('for every byte of a reading replaced by every other, or taken away', () => {
    const reading = written({ voltage: '1.50', time: '"2026-01-15T11:59:59.987Z"' }).slice(1, -1);
    const body = bytesOf(`[${reading},${reading}]`);
    let taken = 0;
    for (let at = 0; at < body.length; at++) {
      for (let byte = 0; byte < 256; byte++) if (agrees(body.with(at, byte), 'json')) taken++;
      agrees(
        body.filter((_, index) => index !== at),
        'json',
      );
    }
    expect(taken).toBeGreaterThan(body.length);
  });

  it('for bytes replaced, put in or taken away', () => {
    const byte = fc.oneof(fc.nat(255), fc.constantFrom(...bytesOf(' \t\r\n"\\{}[]:,.-+0123456789eEZT')));
    const change = fc.record({ at: fc.nat(), how: fc.constantFrom('replace', 'insert', 'delete'), byte });
    const seen = { taken: 0, left: 0 };
    fc.assert(
      fc.property(validBody, fc.array(change, { minLength: 1, maxLength: 2 }), (body, changes) => {
        const bytes = [...bytesOf(textOf(body))];
        for (const { at, how, byte } of changes) {
          if (how === 'insert') bytes.splice(at % (bytes.length + 1), 0, byte);
          else bytes.splice(at % bytes.length, 1, ...(how === 'replace' ? [byte] : []));
        }
        seen[agrees(Uint8Array.from(bytes), body.format) ? 'taken' : 'left']++;
      }),
      { numRuns: 3 * RUNS },
    );
    expect(Math.min(seen.taken, seen.left)).toBeGreaterThan(RUNS / 10);
  });

  it('for fields that are missing, twice there, of another name, or hold anything else', () => {
    const junk = fc.oneof(
      fc.jsonValue().map((value) => JSON.stringify(value)),
      fc.stringMatching(/^-?[0-9.]{1,20}([eE][-+]?[0-9]{0,3})?$/),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
      fc.integer({ min: START - 40 * DAY, max: START + 40 * DAY }).map(String),
      fc
        .date({ noInvalidDate: true, min: new Date(START - 40 * DAY), max: new Date(START + DAY) })
        .map((it) => JSON.stringify(it)),
      fc.constantFrom('00', '01', '-01.5', '1.', '.1', '1e', '-', '"M-1"', '""', '"2026-01-15T12:00:00+00:00"', '""2'),
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
    );
    const change = fc.record({
      reading: fc.nat(),
      member: fc.nat(),
      how: fc.constantFrom('value', 'value', 'remove', 'repeat', 'rename'),
      name,
      value: junk,
    });
    const seen = { taken: 0, left: 0 };
    fc.assert(
      fc.property(validBody, fc.array(change, { minLength: 1, maxLength: 2 }), (body, changes) => {
        const readings = body.readings.map(({ index, pairs }) => ({ index, pairs: [...pairs] }));
        for (const { reading, member, how, name, value } of changes) {
          const { pairs } = readings[reading % readings.length] as (typeof readings)[number];
          const at = member % (pairs.length || 1);
          const [oldName, oldValue] = pairs[at] ?? ['other', '1'];
          if (how === 'remove') pairs.splice(at, 1);
          else if (how === 'repeat') pairs.push([oldName, value]);
          else pairs[at] = how === 'rename' ? [name, oldValue] : [oldName, value];
        }
        seen[agrees(textOf({ ...body, readings }), body.format) ? 'taken' : 'left']++;
      }),
      { numRuns: 3 * RUNS },
    );
    expect(Math.min(seen.taken, seen.left)).toBeGreaterThan(RUNS / 20);
  });
});
