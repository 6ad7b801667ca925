import { CsvError, parse } from 'csv-parse/sync';
import type { ReceivedLink } from '#application/manage-links';
import { checkBatchSize, MAX_BATCH } from '../wire/batch-text.ts';
import { malformedItem } from '../wire/malformed-item.ts';
import { Refusal } from '../wire/problem.ts';
import { parseLink } from './link-schema.ts';

const REQUIRED = ['meterId', 'vehicleId', 'from'] as const;
const DIGITS = /^\d+$/;

/**
 * Reads links from CSV (RFC 4180) whose header line names `meterId,vehicleId,from,to` in any order; `to` may be empty or
 * absent, other columns are ignored. A row with more cells than the header is rejected alone. Throws `Refusal` if the
 * text is not CSV, has no such header, or holds no links or too many.
 */
export function linksFromCsv(text: string): ReceivedLink[] {
  const [header = [], ...records] = recordsOf(text);
  const missing = REQUIRED.filter((name) => !header.includes(name));
  if (missing.length > 0) throw new Refusal('malformed-csv', `The first line must name ${missing.join(', ')}.`);
  checkBatchSize(records.length, 'links');
  const names = header.join();
  const rows = records.filter((row) => row.join() !== names); // files joined together have a header each
  checkBatchSize(rows.length, 'links');
  return rows.map((row) => {
    if (row.length > header.length) {
      return malformedItem('malformed-csv', `has ${row.length} cells, but the header has ${header.length}`);
    }
    const cells = row.flatMap((cell, column) => (cell === '' ? [] : [[header[column] ?? '', cell] as const]));
    const { from, to, ...ids } = Object.fromEntries(cells);
    return parseLink({
      ...ids,
      ...(from !== undefined && { from: timeOf(from) }),
      ...(to !== undefined && { to: timeOf(to) }),
    });
  });
}

/** A byte order mark at the start of a line; files joined together have one each. */
const BYTE_ORDER_MARK = /^\uFEFF/gm;

/** The rows that are not blank: a spreadsheet writes a blank one as nothing but commas. */
function recordsOf(text: string): string[][] {
  try {
    return parse(text.replaceAll(BYTE_ORDER_MARK, ''), {
      record_delimiter: ['\r\n', '\n', '\r'], // any of them on any line: files pasted together mix them
      relax_column_count: true,
      skip_empty_lines: true,
      skip_records_with_empty_values: true,
      trim: true,
      to: MAX_BATCH + 2,
    });
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    throw new Refusal('malformed-csv', `The body is not valid CSV: ${cause.message}.`, { cause });
  }
}

/** Cells have no types: a cell of digits alone is epoch milliseconds. */
function timeOf(cell: string): string | number {
  return DIGITS.test(cell) ? Number(cell) : cell;
}
