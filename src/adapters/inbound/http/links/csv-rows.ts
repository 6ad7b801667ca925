import { Readable } from 'node:stream';
import { parse } from 'csv-parse';
import type { EventLoopSlices } from '../wire/admission/event-loop-slices.ts';

/** Characters of one row, with room for remarks: a link takes some 300. */
const MAX_ROW_LENGTH = 64 * 1024;
/** Characters parsed at once: takes a millisecond at worst. */
const PIECE_LENGTH = 16 * 1024;

/** A byte order mark at the start of a line; files joined together have one each. */
const BYTE_ORDER_MARK = /^\uFEFF/gm;

/**
 * The rows of a CSV text (RFC 4180) without the blank ones: a spreadsheet writes a blank row as nothing but commas. Parses
 * in slices, and no further than rows are asked for. Throws the `CsvError` of csv-parse.
 */
export function csvRows(text: string, slices: EventLoopSlices): AsyncIterable<readonly string[]> {
  const parser = parse({
    max_record_size: MAX_ROW_LENGTH,
    record_delimiter: ['\r\n', '\n', '\r'], // any of them on any line: files pasted together mix them
    relax_column_count: true,
    skip_empty_lines: true,
    skip_records_with_empty_values: true,
    trim: true,
  });
  const pieces = Readable.from(piecesOf(text.replaceAll(BYTE_ORDER_MARK, ''), slices));
  return pieces.pipe(parser);
}

async function* piecesOf(text: string, slices: EventLoopSlices): AsyncGenerator<string> {
  for (let at = 0; at < text.length; at += PIECE_LENGTH) {
    await slices.next();
    yield text.slice(at, at + PIECE_LENGTH);
  }
}
