import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import type { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { duplicateMembers, memberCount } from '#adapters/inbound/http/wire/json/duplicate-members';
import { afterSpace, scanJsonValue } from '#adapters/inbound/http/wire/json/json-scanner';
import { appUnderTest, BODY_LIMIT, post, postLines, problemOf, sentMeter, sentVehicle } from './app-under-test.ts';

const MIB = 1024 * 1024;
const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
const wide = (members: number) =>
  JSON.stringify(Object.fromEntries(Array.from({ length: members }, (_, i) => [`k${i}`, i])));
const withNote = (note: string) => JSON.stringify(sentMeter({ note: '#' })).replace('"#"', note);

describe('a reading in JSON', () => {
  it.each<[string, string]>([
    ['nested 15 levels below it', withNote(nested(15))],
    ['1,000 members', withNote(wide(995))],
    ['a text of a megabyte', withNote(JSON.stringify('x'.repeat(MIB - 200)))],
    ['a text of brackets and quotes', withNote(JSON.stringify(`${'[{'.repeat(1_000)}"\\"`))],
  ])('may have %s', async (_, text) => {
    expect((await post(appUnderTest().app, text)).status).toBe(201);
    expect((await post(appUnderTest().app, `[${text}]`)).status).toBe(200);
    expect((await postLines(appUnderTest().app, text)).status).toBe(200);
  });

  const tooMuch: [string, string, string][] = [
    ['nested 16 levels below it', withNote(nested(16)), 'is nested more than 16 levels deep'],
    ['1,001 members', withNote(wide(996)), 'has more than 1000 members and elements'],
    ['more than a megabyte', withNote(JSON.stringify('x'.repeat(MIB))), 'is longer than 1048576 bytes'],
  ];

  it.each(tooMuch)('may not have %s', async (_, text, expected) => {
    const single = await problemOf(await post(appUnderTest().app, text), 400, 'malformed-json');
    expect(single.detail).toBe(`The body ${expected}.`);
    const array = await post(appUnderTest().app, `[${JSON.stringify(sentMeter())},${text}]`);
    expect((await problemOf(array, 400, 'malformed-json')).detail).toBe(`Item 1 of the batch ${expected}.`);
  });

  it.each(tooMuch)('has its line alone rejected if it has %s', async (_, text, expected) => {
    const response = await postLines(appUnderTest().app, `${text}\n${JSON.stringify(sentMeter())}`);
    expect(response.status).toBe(207);
    expect(await response.json()).toMatchObject({
      stored: 1,
      results: [{ index: 0, code: 'malformed-json', detail: expect.stringContaining(expected) }],
    });
  });

  it.each<[string, string, number, string]>([
    ['8 MiB of brackets', '['.repeat(BODY_LIMIT), 400, 'malformed-json'],
    ['8 MiB of white space', ' '.repeat(BODY_LIMIT), 400, 'malformed-json'],
    ['an object of 400,000 members', wide(400_000), 400, 'malformed-json'],
    ['an array of 2,000,000 numbers', `[${'1,'.repeat(2_000_000)}1]`, 413, 'batch-too-large'],
    ['an array that does not end', `[${JSON.stringify(sentMeter())}`, 400, 'malformed-json'],
    ['an array with something after it', `[${JSON.stringify(sentMeter())}]]`, 400, 'malformed-json'],
    ['an array with a comma too many', `[${JSON.stringify(sentMeter())},]`, 400, 'malformed-json'],
    ['an array with an item that is not JSON', `[${JSON.stringify(sentMeter())},{"a":}]`, 400, 'malformed-json'],
    ['brackets that do not match', '[{"a":[1}]]', 400, 'malformed-json'],
  ])('is refused if the body is %s', async (_, body, status, code) => {
    const { app } = appUnderTest();
    await problemOf(await post(app, body), status, code);
    await problemOf(await post(app, gzipSync(body), { headers: { 'content-encoding': 'gzip' } }), status, code);
  });
});

describe('a body that takes long to read', () => {
  const bad = (i: number) => sentVehicle({ vehicleId: `bad id ${i}`, soc: 300, timestamp: 'never' });
  const invalid = Array.from({ length: 5_000 }, (_, i) => bad(i));
  const lines = invalid.map((reading) => JSON.stringify(reading)).join('\n');
  const links = JSON.stringify(Array.from({ length: 5_000 }, () => ({ meterId: 'a b', from: 'x' })));
  const send = (app: Hono, path: string, type: string, body: string) =>
    app.request(path, { method: 'POST', headers: { 'content-type': type }, body });

  it.each<[string, string, string, string, number]>([
    ['5,000 invalid readings', '/v1/ingest?results=all', 'application/json', JSON.stringify(invalid), 422],
    ['5,000 invalid lines', '/v1/ingest?results=all', 'application/x-ndjson', lines, 422],
    ['nothing but newlines', '/v1/ingest', 'application/x-ndjson', '\n'.repeat(2 * MIB), 422],
    ['5,000 invalid links', '/v1/links?results=all', 'application/json', links, 422],
    [
      '5,000 invalid rows',
      '/v1/links?results=all',
      'text/csv',
      `meterId,vehicleId,from\n${'a b,c d,x\n'.repeat(5_000)}`,
      422,
    ],
  ])('(%s) leaves turns of the event loop to others, however many there are', async (_, path, type, body, status) => {
    const { app } = appUnderTest();
    const finished: string[] = [];
    const requests = Array.from({ length: 3 }, async () => {
      const response = await send(app, path, type, body);
      finished.push('request');
      return response.status;
    });
    // A chain of four immediates takes four turns of the event loop: it ends first only if the requests are read in slices.
    const others = (async () => {
      for (let turn = 0; turn < 4; turn++) await new Promise((resolve) => setImmediate(resolve));
      finished.push('others');
    })();
    await others;
    expect(await Promise.all(requests)).toEqual([status, status, status]);
    expect(finished[0]).toBe('others');
  });
});

describe('the scanner of JSON values', () => {
  it('finds the end and the members of any value, as JSON.parse reads it', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.constantFrom('', ' ', '\n\t'), (value, space) => {
        const text = JSON.stringify(value, null, space);
        const bytes = Buffer.from(`[${text} ,1]`);
        const { end, members } = scanJsonValue(bytes, 1, bytes.length);
        expect(bytes.toString('utf8', 1, end).trim()).toBe(text);
        expect(members).toBe(memberCount(JSON.parse(text)));
        expect(bytes[afterSpace(bytes, end, bytes.length)]).toBe(','.charCodeAt(0));
        expect(duplicateMembers(text)).toEqual([]);
      }),
    );
  });

  it.each<[string, string[]]>([
    ['{"a":1,"b":2,"a":3}', ['/a']],
    [String.raw`{"a":1,"\u0061":3}`, ['/a']],
    ['{"a":{"b":1,"b":2},"b":[{},{"c":1 , "c" : 2}]}', ['/a/b', '/b/1/c']],
    ['[{"x/y":1,"x/y":2},{"~":1,"~":2}]', ['/0/x~1y', '/1/~0']],
    ['{"a":"a","b":"a\\":","c":[1,"a",{"a":1}]}', []],
    ['{"a":1,"a":2,"a":3}', ['/a']],
    ['{"__proto__":1,"__proto__":2,"":1,"":2}', ['/__proto__', '/']],
    [`{"${'n'.repeat(200)}":1,"${'n'.repeat(200)}":2}`, [`/${'n'.repeat(128)}...`]],
    [`{${Array.from({ length: 20 }, (_, i) => `"${i % 10}":1`).join()}}`, ['/0', '/1', '/2', '/3', '/4']],
  ])('names the members given twice in %s', (text, pointers) => {
    expect(duplicateMembers(text)).toEqual(pointers);
    const { members } = scanJsonValue(Buffer.from(text), 0, text.length);
    expect(members > memberCount(JSON.parse(text))).toBe(pointers.length > 0);
  });
});
