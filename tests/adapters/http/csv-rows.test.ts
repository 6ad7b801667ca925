import { describe, expect, it } from 'vitest';
import { CsvSyntaxError, csvRows } from '#adapters/inbound/http/links/csv-rows';

describe('the rows of a CSV text', () => {
  it.each<[string, string[][]]>([
    ['', []],
    ['\n\r\n\r\n', []],
    [
      'a,b\nc,d',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    [
      'a,b\rc,d\r\ne,f\n',
      [
        ['a', 'b'],
        ['c', 'd'],
        ['e', 'f'],
      ],
    ],
    [
      'a,,\n,\n',
      [
        ['a', '', ''],
        ['', ''],
      ],
    ],
    [' a b ,\t"c, d" \n', [['a b', 'c, d']]],
    ['"a ""b""","",""""\n', [['a "b"', '', '"']]],
    ['"a\r\nb",c\nd', [['a\r\nb', 'c'], ['d']]],
    [
      '\uFEFFa,b\n\uFEFFa,b\n',
      [
        ['a', 'b'],
        ['a', 'b'],
      ],
    ],
    ['é,"ü"', [['é', 'ü']]],
  ])('of %j', (text, rows) => {
    expect([...csvRows(text)]).toEqual(rows);
  });

  it.each([
    ['a,b\n"c', 'line 2 has a quote that is not closed'],
    ['\n\n"a" b', 'line 3 goes on after a closing quote'],
    ['"x\ny",a"b"', 'line 1 has a quote within a cell'],
    ['a\n'.concat(','.repeat(70_000)), 'line 2 begins a row of more than 65536 characters'],
    ['"'.repeat(2_000_000), 'line 1 begins a row of more than 65536 characters'],
    [`"${'""'.repeat(1_000_000)}`, 'line 1 begins a row of more than 65536 characters'],
    [`${'x'.repeat(70_000)},b`, 'line 1 begins a row of more than 65536 characters'],
  ])('are refused with their line: %#', (text, message) => {
    expect(() => [...csvRows(text)]).toThrow(new CsvSyntaxError(text, 0, '').constructor as ErrorConstructor);
    expect(() => [...csvRows(text)]).toThrow(message);
  });
});
