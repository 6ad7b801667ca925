import { Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import type { EventLoopSlices } from '../wire/admission/event-loop-slices.ts';

/** Characters of one row, with room for remarks: a link takes some 300. */
const MAX_ROW_LENGTH = 64 * 1024;
/** Characters parsed at once: takes a millisecond at worst. */
const PIECE_LENGTH = 16 * 1024;

/** A byte order mark at the start of a line; files joined together have one each. */
const BYTE_ORDER_MARK = /(?<=^|[\r\n])\uFEFF/g;
const [LINE_FEED, CARRIAGE_RETURN, QUOTE] = [10, 13, 34] as const;

/**
 * The rows of a CSV text (RFC 4180) without the blank ones: a spreadsheet writes a blank row as nothing but commas. Parses
 * in slices, and no further than rows are asked for. Throws the `CsvError` of csv-parse.
 */
export async function* csvRows(text: string, slices: EventLoopSlices): AsyncGenerator<readonly string[]> {
  await checkRowLengths(text, slices);
  const parser = parse({
    record_delimiter: ['\r\n', '\n', '\r'], // any of them on any line: files pasted together mix them
    relax_column_count: true,
    skip_empty_lines: true,
    skip_records_with_empty_values: true,
    trim: true,
  });
  const pieces = Readable.from(piecesOf(text.replaceAll(BYTE_ORDER_MARK, ''), slices));
  yield* pieces.pipe(parser);
}

/**
 * Line ends in quotes belong to their row. The parser has such a limit too, but it does not count commas, and copies a row
 * of other length than the header through JSON: two million empty cells would hold the event loop for 200 ms.
 */
async function checkRowLengths(text: string, slices: EventLoopSlices): Promise<void> {
  let isQuoted = false;
  let begin = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) isQuoted = !isQuoted;
    if (!isQuoted && (code === LINE_FEED || code === CARRIAGE_RETURN)) begin = at + 1;
    if (at - begin >= MAX_ROW_LENGTH) {
      throw new CsvError('CSV_MAX_RECORD_SIZE', `a row has more than ${MAX_ROW_LENGTH} characters`);
    }
    if (at % PIECE_LENGTH === 0 && slices.isOver) await slices.next();
  }
}

async function* piecesOf(text: string, slices: EventLoopSlices): AsyncGenerator<string> {
  for (let at = 0; at < text.length; at += PIECE_LENGTH) {
    await slices.next();
    yield text.slice(at, at + PIECE_LENGTH);
  }
}
