import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { appUnderTest, BODY_LIMIT, post, postLines, problemOf, sentMeter } from './app-under-test.ts';

const text = JSON.stringify(sentMeter());
/** An object with the first byte of a two-byte character, but not the second. */
const NOT_UTF8 = Buffer.from('{"meterId":"M-7","note":"\xc3("}', 'latin1');
const gzip = { 'content-encoding': 'gzip' };

describe('the body of an ingest request', () => {
  it.each([
    ['application/json'],
    ['application/json; charset=utf-8'],
    ['Application/JSON;charset="UTF-8"'],
    ['application/json; charset=utf8; profile=x'],
  ])('may have the Content-Type %s', async (contentType) => {
    expect((await post(appUnderTest().app, text, { headers: { 'content-type': contentType } })).status).toBe(201);
  });

  it.each([
    ['text/plain'],
    ['application/json, text/plain'],
    ['application/jsonx'],
    ['application/json; charset=iso-8859-1'],
    ['application/x-ndjson; charset=utf-16'],
    ['application/x-www-form-urlencoded'],
    [''],
  ])('may not have the Content-Type %j', async (contentType) => {
    const response = await post(appUnderTest().app, text, { headers: { 'content-type': contentType } });
    await problemOf(response, 415, 'unsupported-media-type');
  });

  it('must have a Content-Type', async () => {
    const body = new TextEncoder().encode(text);
    const response = await appUnderTest().app.request('/v1/ingest', { method: 'POST', body });
    await problemOf(response, 415, 'unsupported-media-type');
  });

  it.each([['br'], ['deflate'], ['gzip, gzip'], ['zstd']])('may not be encoded as %s', async (encoding) => {
    const response = await post(appUnderTest().app, text, { headers: { 'content-encoding': encoding } });
    await problemOf(response, 415, 'unsupported-encoding');
  });

  it('may be encoded as identity, or as gzip in upper or lower case', async () => {
    const { app } = appUnderTest();
    const encoded = (encoding: string) => ({ headers: { 'content-encoding': encoding } });
    expect((await post(app, text, encoded('identity'))).status).toBe(201);
    expect((await post(app, gzipSync(text), encoded('GZIP'))).status).toBe(200);
    expect((await post(app, gzipSync(text), encoded('x-gzip'))).status).toBe(200);
  });

  it('may be gzip with several members, and gzip of lines', async () => {
    const { app } = appUnderTest();
    const members = Buffer.concat([gzipSync(text.slice(0, 20)), gzipSync(text.slice(20))]);
    expect((await post(app, members, { headers: gzip })).status).toBe(201);
    const lines = gzipSync(`${text}\n`);
    const headers = { ...gzip, 'content-type': 'application/x-ndjson' };
    expect(await (await post(app, lines, { headers })).json()).toMatchObject({ received: 1, duplicates: 1 });
  });

  it.each([
    ['not gzip at all', Buffer.from(text)],
    ['cut short', gzipSync(text).subarray(0, -4)],
    ['followed by other data', Buffer.concat([gzipSync(text), Buffer.from('more')])],
    ['followed by zeros and another member', Buffer.concat([gzipSync(text), Buffer.alloc(8), gzipSync(text)])],
    ['damaged', gzipSync(text).fill(0xff, 12, 20)],
    ['empty', Buffer.alloc(0)],
  ])('declared as gzip but %s is refused', async (_, body) => {
    await problemOf(await post(appUnderTest().app, body, { headers: gzip }), 400, 'malformed-gzip');
  });

  it.each([
    ['{"meterId":'],
    [''],
    ['   '],
    ['{"meterId":"M-7"} {"meterId":"M-8"}'],
    ['{\'meterId\':"M-7"}'],
    ['NaN'],
    [`${text},`],
  ])('%j is malformed JSON', async (body) => {
    await problemOf(await post(appUnderTest().app, body), 400, 'malformed-json');
  });

  it('that is not UTF-8 is malformed: no byte is replaced', async () => {
    await problemOf(await post(appUnderTest().app, NOT_UTF8), 400, 'malformed-json');
  });

  it('has only the lines rejected that are not UTF-8', async () => {
    const good = ['M-é', 'M-8'].map((note, i) => JSON.stringify(sentMeter({ meterId: `M-${i}`, note })));
    const broken = [NOT_UTF8, Buffer.from([0xff]), Buffer.from('{"meterId":"\uFFFD"}')];
    const lines = [Buffer.from(`\uFEFF${good[0]}\r\n\n`), ...broken.flatMap((line) => [line, Buffer.from('\n')])];
    const body = Buffer.concat([...lines, Buffer.from(good[1] ?? '')]);

    const response = await post(appUnderTest().app, body, { headers: { 'content-type': 'application/x-ndjson' } });

    expect(response.status).toBe(207);
    expect(await response.json()).toMatchObject({
      received: 5,
      stored: 2,
      results: [
        { index: 1, status: 'rejected', code: 'malformed-json', pointer: '/1', detail: 'The line is not valid UTF-8.' },
        { index: 2, code: 'malformed-json' },
        { index: 3, code: 'invalid-id' },
      ],
    });
  });

  it('may begin with a byte order mark and end with white space', async () => {
    expect((await post(appUnderTest().app, `\uFEFF${text}\r\n`)).status).toBe(201);
  });

  it('may be deeply nested without harm', async () => {
    const nested = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    expect([400, 422]).toContain((await post(appUnderTest().app, nested)).status);
  });

  it('may be as large as the limit, as sent and inflated, but no larger', async () => {
    const { app } = appUnderTest();
    const full = text.padEnd(BODY_LIMIT);
    expect((await post(app, full)).status).toBe(201);
    expect((await post(app, gzipSync(full), { headers: gzip })).status).toBe(200);
    await problemOf(await post(app, `${full} `), 413, 'body-too-large');
    await problemOf(await post(app, gzipSync(`${full} `), { headers: gzip }), 413, 'body-too-large');
  });

  it('is measured even if it declares a smaller length', async () => {
    const { app } = appUnderTest({}, { bodyLimit: text.length - 1 });
    await problemOf(await post(app, text, { headers: { 'content-length': '10' } }), 413, 'body-too-large');
  });

  it('that declares a length over the limit is not read', async () => {
    const unread = new ReadableStream({
      pull() {
        throw new Error('was read');
      },
    });
    const response = await appUnderTest().app.request('/v1/ingest', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-length': String(BODY_LIMIT + 1) },
      body: unread,
      duplex: 'half',
    });
    await problemOf(response, 413, 'body-too-large');
  });
});

describe('the query of an ingest request', () => {
  it.each([
    ['?results=some', '/results'],
    ['?results=', '/results'],
    ['?atomic=1', '/atomic'],
    ['?atomic', '/atomic'],
    ['?atomic=true&atomic=false', '/atomic'],
  ])('%s is refused with the name of the parameter, and nothing is stored', async (query, pointer) => {
    const { app } = appUnderTest();
    const problem = await problemOf(await post(app, [sentMeter()], { query }), 400, 'invalid-query');
    expect(problem.errors[0]).toMatchObject({ pointer });
    expect((await post(app, sentMeter())).status).toBe(201);
  });

  it('has all its errors reported at once, and unknown parameters among them', async () => {
    const { app } = appUnderTest();
    const both = await post(app, [sentMeter()], { query: '?atomic=yes&results=none' });
    await problemOf(both, 400, 'invalid-query', 'invalid-query');
    const { errors } = await problemOf(
      await postLines(app, text, '?atomci=true&__proto__=2&a/b'),
      400,
      ...Array<string>(3).fill('invalid-query'),
    );
    expect(errors.map(({ pointer, detail }) => [pointer, detail])).toEqual([
      ['/atomci', 'atomci is not a parameter here (did you mean atomic?)'],
      ['/__proto__', '__proto__ is not a parameter here; use atomic or results'],
      ['/a~1b', 'a/b is not a parameter here; use atomic or results'],
    ]);
    expect((await postLines(app, text, '?')).status).toBe(200);
  });
});
