import { CsvError } from 'csv-parse';
import type { ReceivedLink } from '#application/manage-links';
import { type EventLoopSlices, inSlices } from '../wire/admission/event-loop-slices.ts';
import { checkBatchSize, decodedText } from '../wire/batch-text.ts';
import { malformedItem } from '../wire/malformed-item.ts';
import { Refusal } from '../wire/problem.ts';
import { csvRows } from './csv-rows.ts';
import { parseLink } from './link-schema.ts';

const REQUIRED = ['meterId', 'vehicleId', 'from'] as const;
const DIGITS = /^\d+$/;

/**
 * Reads links from CSV whose header line names `meterId,vehicleId,from,to` in any order; `to` may be empty or absent, other
 * columns are ignored. A row with more cells than the header is rejected alone; one that repeats the header is ignored:
 * files that were joined have one each. Throws `Refusal` if the text is not CSV, has no such header, names a column twice,
 * or holds no links or too many. Works in slices.
 */
export function linksFromCsv(body: Uint8Array): Promise<ReceivedLink[]> {
  return inSlices((slices) => linksInSlices(body, slices));
}

async function linksInSlices(body: Uint8Array, slices: EventLoopSlices): Promise<ReceivedLink[]> {
  const links: ReceivedLink[] = [];
  let header: readonly string[] | undefined;
  let rows = 0;
  await slices.next(); // several files may have arrived in one turn of the event loop
  try {
    for await (const row of csvRows(decodedText(body), slices)) {
      if (slices.isOver) await slices.next();
      if (header === undefined) {
        header = checkedHeader(row);
      } else {
        checkBatchSize(++rows, 'links');
        if (!isSame(row, header)) links.push(linkOf(row, header));
      }
    }
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    throw new Refusal('malformed-csv', `The body is not valid CSV: ${cause.message}.`, { cause });
  }
  checkedHeader(header ?? []);
  checkBatchSize(links.length, 'links');
  return links;
}

function checkedHeader(header: readonly string[]): readonly string[] {
  const missing = REQUIRED.filter((name) => !header.includes(name));
  if (missing.length > 0) throw new Refusal('malformed-csv', `The first line must name ${missing.join(', ')}.`);
  const twice = namedTwice(header);
  if (twice !== undefined) throw new Refusal('malformed-csv', `The first line names the column ${twice} twice.`);
  return header;
}

function linkOf(row: readonly string[], header: readonly string[]): ReceivedLink {
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
}

/** Columns without a name do not count: spreadsheets end lines with commas. */
function namedTwice(header: readonly string[]): string | undefined {
  const names = new Set<string>();
  return header.find((name) => name !== '' && names.size === names.add(name).size);
}

function isSame(row: readonly string[], header: readonly string[]): boolean {
  return row.length === header.length && row.every((cell, column) => cell === header[column]);
}

/** Cells have no types: a cell of digits alone is epoch milliseconds. */
function timeOf(cell: string): string | number {
  return DIGITS.test(cell) ? Number(cell) : cell;
}
