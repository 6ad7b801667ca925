import { describe, expect, it } from 'vitest';
import { MINUTE } from '#domain/time/time';
import { START } from '#testing/readings';
import { appUnderTest, post, postLines, problemOf, sentMeter, sentVehicle } from './app-under-test.ts';

interface BatchAnswer {
  received: number;
  stored: number;
  duplicates: number;
  conflicts: number;
  rejected: number;
  results: { index: number; status: string; code?: string; pointer?: string; [member: string]: unknown }[];
  truncated?: boolean;
}
async function answer(response: Promise<Response>): Promise<BatchAnswer & { http: number }> {
  const { status, ...rest } = await response.then(async (r) => ({ status: r.status, body: await r.json() }));
  return { http: status, ...(rest.body as BatchAnswer) };
}
const at = (minute: number) => ({ timestamp: START - minute * MINUTE });
const bad = (minute: number) => sentVehicle({ ...at(minute), soc: 101 });

describe('a batch', () => {
  it('with valid and invalid readings stores the valid ones and reports the others by index, code and pointer', async () => {
    const { app } = appUnderTest();
    const batch = [sentMeter(), sentVehicle(), bad(1), sentMeter(), sentMeter({ kwhConsumedAc: 2 }), 7];

    expect(await answer(post(app, batch))).toEqual({
      http: 207,
      received: 6,
      stored: 2,
      duplicates: 1,
      conflicts: 1,
      rejected: 2,
      results: [
        { index: 2, status: 'rejected', code: 'out-of-range', pointer: '/2/soc', detail: expect.any(String) },
        {
          index: 4,
          status: 'conflict',
          code: 'conflict',
          pointer: '/4',
          detail: expect.any(String),
          stored: expect.objectContaining({ meterId: 'M-7', kwhConsumedAc: 0.1 }),
        },
        { index: 5, status: 'rejected', code: 'missing-device', pointer: '/5', detail: expect.any(String) },
      ],
    });
  });

  it('lists all the faults of a reading that has several, starting with the first', async () => {
    const { results } = await answer(post(appUnderTest().app, [sentVehicle({ soc: 101, batteryTemp: null })]));
    expect(results).toEqual([
      {
        index: 0,
        status: 'rejected',
        code: 'out-of-range',
        pointer: '/0/soc',
        detail: expect.any(String),
        errors: [
          { code: 'out-of-range', pointer: '/0/soc', detail: expect.any(String) },
          { code: 'not-a-number', pointer: '/0/batteryTemp', detail: expect.any(String) },
        ],
      },
    ]);
  });

  it('is 200 when every reading is stored or a duplicate, and lists nothing', async () => {
    const { app } = appUnderTest();
    expect(await answer(post(app, [sentMeter(), sentMeter()]))).toMatchObject({ http: 200, stored: 1, duplicates: 1 });
    expect(await answer(post(app, [sentMeter()]))).toEqual({
      http: 200,
      received: 1,
      stored: 0,
      duplicates: 1,
      conflicts: 0,
      rejected: 0,
      results: [],
    });
  });

  it('is 422 when no reading is stored or a duplicate', async () => {
    const { app } = appUnderTest();
    await post(app, sentMeter());
    const batch = [{}, bad(1), sentMeter({ voltage: 1 })];
    expect(await answer(post(app, batch))).toMatchObject({ http: 422, stored: 0, conflicts: 1, rejected: 2 });
  });

  it('lists the first 100 results, and is marked as truncated if there are more', async () => {
    const { app } = appUnderTest();
    const hundred = await answer(post(app, [...Array.from({ length: 100 }, (_, i) => bad(i)), sentMeter()]));
    expect(hundred.results).toHaveLength(100);
    expect(hundred).not.toHaveProperty('truncated');

    const more = await answer(post(app, [sentMeter(), ...Array.from({ length: 101 }, (_, i) => bad(i))]));
    expect(more).toMatchObject({ rejected: 101, truncated: true });
    expect(more.results.map(({ index }) => index)).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
  });

  it('lists every reading with ?results=all', async () => {
    const { app } = appUnderTest();
    const batch = [sentMeter(), sentMeter(), ...Array.from({ length: 150 }, (_, i) => bad(i))];
    const all = await answer(post(app, batch, { query: '?results=all' }));
    expect(all.results).toHaveLength(152);
    expect(all.results.slice(0, 2)).toEqual([
      { index: 0, status: 'stored' },
      { index: 1, status: 'duplicate' },
    ]);
    expect(all).not.toHaveProperty('truncated');
  });

  it('may contain at most 5,000 readings', async () => {
    const { app } = appUnderTest();
    const many = Array.from({ length: 5001 }, (_, i) => sentMeter({ timestamp: START - i }));
    await problemOf(await post(app, many), 413, 'batch-too-large');
    expect(await answer(post(app, many.slice(1)))).toMatchObject({ http: 200, stored: 5000 });
  });

  it('without readings is refused', async () => {
    await problemOf(await post(appUnderTest().app, []), 422, 'empty-batch');
  });
});

describe('an atomic batch', () => {
  it('with one invalid reading stores nothing, counts the valid ones as rejected and lists only the fault', async () => {
    const { app } = appUnderTest();
    const batch = [sentMeter(), bad(1), sentVehicle()];

    expect(await answer(post(app, batch, { query: '?atomic=true' }))).toMatchObject({
      http: 422,
      received: 3,
      stored: 0,
      duplicates: 0,
      conflicts: 0,
      rejected: 3,
      results: [{ index: 1, code: 'out-of-range', pointer: '/1/soc' }],
    });
    expect(await answer(post(app, [sentMeter(), sentVehicle()]))).toMatchObject({ stored: 2 });
  });

  it('with a conflict stores nothing, and with ?results=all lists the withheld readings', async () => {
    const { app } = appUnderTest();
    await post(app, [sentMeter(), sentMeter(at(1))]);
    const batch = [sentMeter(at(2)), sentMeter({ voltage: 1 }), sentMeter(at(1))];

    const failed = await answer(post(app, batch, { query: '?atomic=true&results=all' }));

    expect(failed).toMatchObject({ http: 422, stored: 0, duplicates: 1, conflicts: 1, rejected: 1 });
    expect(failed.results).toMatchObject([
      { index: 0, status: 'rejected', code: 'withheld', pointer: '/0', detail: expect.stringContaining('valid') },
      { index: 1, status: 'conflict' },
      { index: 2, status: 'duplicate' },
    ]);
    expect(await answer(post(app, [sentMeter(at(2))]))).toMatchObject({ stored: 1 });
  });

  it('that conflicts with itself reports that neither reading was stored', async () => {
    const { app } = appUnderTest();
    const batch = [sentMeter(), sentMeter({ voltage: 1 })];

    const failed = await answer(post(app, batch, { query: '?atomic=true' }));

    expect(failed).toMatchObject({ http: 422, stored: 0, conflicts: 1, rejected: 1 });
    expect(failed.results).toEqual([
      { index: 1, status: 'conflict', code: 'conflict', pointer: '/1', detail: expect.stringContaining('neither') },
    ]);
  });

  it('without faults is stored, and is 200 again when it is sent again', async () => {
    const { app } = appUnderTest();
    const batch = [sentMeter(), sentVehicle()];
    expect(await answer(post(app, batch, { query: '?atomic=true' }))).toMatchObject({ http: 200, stored: 2 });
    expect(await answer(post(app, batch, { query: '?atomic=true' }))).toMatchObject({ http: 200, duplicates: 2 });
    const other = [sentMeter(), sentVehicle(), {}];
    expect(await answer(post(app, other, { query: '?atomic=false' }))).toMatchObject({ http: 207 });
  });
});

describe('NDJSON', () => {
  const line = (minute: number) => JSON.stringify(sentMeter(at(minute)));

  it('has a malformed line rejected alone, by its index among the lines that are not empty', async () => {
    const text = `\n${line(0)}\r\n  \r\n${line(1)}\n{"meterId": oops\n\n\t\n${line(3)}\n${line(4)}`;
    expect(await answer(postLines(appUnderTest().app, text))).toMatchObject({
      http: 207,
      received: 5,
      stored: 4,
      rejected: 1,
      results: [{ index: 2, status: 'rejected', code: 'malformed-json', pointer: '/2' }],
    });
  });

  it('is a batch even with a single line, and may begin with a byte order mark', async () => {
    const { app } = appUnderTest();
    expect(await answer(postLines(app, line(0)))).toMatchObject({ http: 200, received: 1, stored: 1 });
    expect(await answer(postLines(app, `\uFEFF${line(1)}\n`))).toMatchObject({ http: 200, received: 1, stored: 1 });
  });

  it('may be of files joined together, each with a byte order mark', async () => {
    const { app } = appUnderTest();
    const joined = [`\uFEFF${line(0)}`, `\uFEFF${line(1)}`, '\uFEFF', line(2)].join('\r\n');
    expect(await answer(postLines(app, joined))).toMatchObject({ http: 200, received: 3, stored: 3 });
    const notUtf8 = Buffer.concat([Buffer.from(`\uFEFF${line(3)}\n\uFEFF\n\uFEFF${line(4)}\n`), Buffer.from([0xff])]);
    const headers = { 'content-type': 'application/x-ndjson' };
    expect(await answer(post(app, notUtf8, { headers }))).toMatchObject({ http: 207, received: 3, stored: 2 });
  });

  it('has an array in a line rejected: a line is one reading', async () => {
    const response = postLines(appUnderTest().app, `[${line(0)}]`);
    expect(await answer(response)).toMatchObject({ http: 422, results: [{ index: 0, code: 'missing-device' }] });
  });

  it('without lines is an empty batch, and with more than 5,000 too large, not counting empty lines', async () => {
    const { app } = appUnderTest();
    await problemOf(await postLines(app, ''), 422, 'empty-batch');
    await problemOf(await postLines(app, '\r\n \n\n'), 422, 'empty-batch');
    const lines = Array.from({ length: 5000 }, (_, i) => JSON.stringify(sentMeter({ timestamp: START - i })));
    await problemOf(await postLines(app, `${lines.join('\n')}\n{`), 413, 'batch-too-large');
    expect(await answer(postLines(app, `${lines.join('\n\n')}\n\n`))).toMatchObject({ http: 200, stored: 5000 });
  });

  it('can be atomic like an array', async () => {
    const response = postLines(appUnderTest().app, `${line(0)}\n{`, '?atomic=true');
    expect(await answer(response)).toMatchObject({ http: 422, stored: 0, rejected: 2, results: [{ index: 1 }] });
  });
});
