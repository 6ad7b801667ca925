import { describe, expect, it } from 'vitest';
import { appUnderTest, post, postLines, problemOf, sentMeter } from './app-under-test.ts';

const usual = JSON.stringify(sentMeter());
/** The usual reading with another member. */
const withMember = (member: string) => `${usual.slice(0, -1)},${member}}`;
const LINK = { meterId: 'M-1', vehicleId: 'EV-1', from: '2026-01-01T00:00:00Z' };

describe('a member that is given twice', () => {
  const cases: [string, string, string][] = [
    ['the id', withMember('"meterId":"M-8"'), '/meterId'],
    ['the id with the same value', withMember('"meterId":"M-7"'), '/meterId'],
    ['an escaped name', withMember(String.raw`"m\u0065terId":"M-8"`), '/meterId'],
    ['a value', withMember('"kwhConsumedAc":5'), '/kwhConsumedAc'],
    ['the time', withMember('"timestamp":1'), '/timestamp'],
    ['an unknown field', withMember('"note":1,"note":2'), '/note'],
    ['a field of an unknown object', withMember('"note":{"a":1,"a":1}'), '/note/a'],
  ];

  it.each(cases)('(%s) is refused by name', async (_, text, pointer) => {
    const { app } = appUnderTest();
    for (let i = 0; i < 2; i++) {
      const problem = await problemOf(await post(app, text), 422, 'duplicate-member');
      expect(problem.errors[0]).toEqual({ pointer, code: 'duplicate-member', detail: 'is given more than once' });
    }
    expect((await post(app, usual)).status).toBe(201);
  });

  it.each(cases)('(%s) has only its reading rejected in a batch', async (_, text, pointer) => {
    const other = JSON.stringify(sentMeter({ meterId: 'M-9' }));
    const expected = {
      stored: 2,
      rejected: 1,
      results: [{ index: 1, code: 'duplicate-member', pointer: `/1${pointer}` }],
    };
    for (const response of [
      await post(appUnderTest().app, `[${usual},${text},${other}]`),
      await postLines(appUnderTest().app, [usual, text, other].join('\n')),
    ]) {
      expect(response.status).toBe(207);
      expect(await response.json()).toMatchObject(expected);
    }
  });

  it('is refused after many usual readings with an unknown field, too', async () => {
    const { app } = appUnderTest();
    for (let i = 0; i < 20; i++) await post(app, JSON.stringify(sentMeter({ note: i, timestamp: 1768478400000 + i })));
    await problemOf(await post(app, withMember('"note":1,"note":2')), 422, 'duplicate-member');
  });

  it('lists every one of them', async () => {
    const response = await post(appUnderTest().app, withMember('"voltage":1,"timestamp":1'));
    await problemOf(response, 422, 'duplicate-member', 'duplicate-member');
  });

  it('is refused in links and in their changes', async () => {
    const { app } = appUnderTest();
    const request = (method: string, path: string, body: string, type = 'application/json') =>
      app.request(path, { method, headers: { 'content-type': type }, body });
    const twice = `${JSON.stringify(LINK).slice(0, -1)},"vehicleId":"EV-2"}`;

    const single = await problemOf(await request('POST', '/v1/links', twice), 422, 'duplicate-member');
    expect(single.errors[0]?.pointer).toBe('/vehicleId');
    const batch = await request('POST', '/v1/links', `[${JSON.stringify(LINK)},${twice}]`);
    expect(await batch.json()).toMatchObject({
      stored: 1,
      results: [{ code: 'duplicate-member', pointer: '/1/vehicleId' }],
    });
    const change = '{"to":null,"to":"2026-06-01T00:00:00Z"}';
    await problemOf(await request('PATCH', `/v1/links/M-1@${Date.parse(LINK.from)}`, change), 422, 'duplicate-member');

    const csv = 'meterId,vehicleId,from,from\nM-2,EV-2,2026-01-01T00:00:00Z,2026-02-01T00:00:00Z\n';
    const problem = await problemOf(await request('POST', '/v1/links', csv, 'text/csv'), 400, 'malformed-csv');
    expect(problem.detail).toBe('The first line names the column from twice.');
    const unnamed = 'meterId,vehicleId,from,,\nM-2,EV-2,2026-01-01T00:00:00Z,,\n';
    expect((await request('POST', '/v1/links', unnamed, 'text/csv')).status).toBe(200);
  });
});
