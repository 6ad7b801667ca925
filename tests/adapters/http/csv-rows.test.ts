import { CsvError } from 'csv-parse';
import { describe, expect, it } from 'vitest';
import { csvRows } from '#adapters/inbound/http/links/csv-rows';
import { inSlices } from '#adapters/inbound/http/wire/admission/event-loop-slices';

function rowsOf(text: string): Promise<(readonly string[])[]> {
  return inSlices(async (slices) => {
    const rows: (readonly string[])[] = [];
    for await (const row of csvRows(text, slices)) rows.push(row);
    return rows;
  });
}

describe('the rows of a CSV text', () => {
  it.each<[string, string[][]]>([
    ['', []],
    [
      'a,b\rc,d\r\n\ne,f\n',
      [
        ['a', 'b'],
        ['c', 'd'],
        ['e', 'f'],
      ],
    ],
    ['a,,\n,\n , \n', [['a', '', '']]],
    [' a b ,\t"c, d" \n', [['a b', 'c, d']]],
    ['"a ""b""","a\r\nb"\n', [['a "b"', 'a\r\nb']]],
    [
      '\uFEFFa,b\n\uFEFFa,b\n',
      [
        ['a', 'b'],
        ['a', 'b'],
      ],
    ],
  ])('of %j', async (text, rows) => {
    expect(await rowsOf(text)).toEqual(rows);
  });

  it('are the same wherever the text is cut into pieces', async () => {
    const rows = Array.from({ length: 5_000 }, (_, i) => [`M-${i}`, `"EV, ${i}"`, '2026-01-01T00:00:00Z', '']);
    const read = await rowsOf(rows.map((row) => row.join()).join('\r\n'));
    expect(read).toEqual(rows.map(([meter, , from]) => [meter, expect.stringMatching(/^EV, \d+$/), from, '']));
  });

  it.each([
    ['a quote that is not closed', 'a,b\n"c'],
    ['text after a closing quote', '\n\n"a" b'],
    ['a row without end', 'x,'.repeat(70_000)],
    ['a row of nothing but commas', `a,b\n${','.repeat(70_000)}`],
    ['a row of quoted line ends and commas', '"\n",'.repeat(20_000)],
    ['nothing but quotes', '"'.repeat(2_000_000)],
  ])('are refused with %s', async (_, text) => {
    await expect(rowsOf(text)).rejects.toThrow(CsvError);
  });

  it('are parsed in slices: the event loop turns meanwhile', async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 0);

    await rowsOf('M-1,EV-1,2026-01-01T00:00:00Z,\n'.repeat(60_000));

    clearInterval(timer);
    expect(turns).toBeGreaterThan(20);
  });
});
