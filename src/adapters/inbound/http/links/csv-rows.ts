/** Characters of one row, with room for remarks: a link takes some 300. Bounds the work between two rows. */
const MAX_ROW_LENGTH = 64 * 1024;

const BLANKS = /[ \t]*/y;
const UNQUOTED = /[^,\r\n]*/y;
const LINE_END = /\r\n|\n|\r/y;
const EMPTY_LINES = /[\r\n]*/y;
const BYTE_ORDER_MARK = '\uFEFF';

/** A text is not CSV. */
export class CsvSyntaxError extends Error {
  override readonly name = 'CsvSyntaxError';

  /** `start`: where the row at fault begins. */
  constructor(text: string, start: number, fault: string) {
    super(`line ${text.slice(0, start).split(/\r\n|\n|\r/).length} ${fault}`);
  }
}

/**
 * The rows of a CSV text (RFC 4180), one at a time, so that the caller may pause between them. Lines may end in any of the
 * usual ways and begin with a byte order mark: files that were joined mix them. Blanks around cells do not count, and
 * empty lines are left out. Throws `CsvSyntaxError`.
 */
export function* csvRows(text: string): Generator<readonly string[]> {
  for (let at = after(EMPTY_LINES, text, 0); at < text.length; ) {
    const row = rowAt(text, text[at] === BYTE_ORDER_MARK ? at + 1 : at);
    yield row.cells;
    at = after(EMPTY_LINES, text, row.end);
  }
}

/** The row that begins at `start`, and where it ends. */
function rowAt(text: string, start: number): { readonly cells: readonly string[]; readonly end: number } {
  const cells: string[] = [];
  for (let at = start; ; at++) {
    at = after(BLANKS, text, at);
    const isQuoted = text[at] === '"';
    const end = isQuoted ? closingQuote(text, at) : after(UNQUOTED, text, at);
    if (end === -1) throw new CsvSyntaxError(text, start, 'has a quote that is not closed');
    if (end - start > MAX_ROW_LENGTH) {
      throw new CsvSyntaxError(text, start, `begins a row of more than ${MAX_ROW_LENGTH} characters`);
    }
    const cell = isQuoted ? text.slice(at + 1, end).replaceAll('""', '"') : text.slice(at, end).trimEnd();
    if (!isQuoted && cell.includes('"')) throw new CsvSyntaxError(text, start, 'has a quote within a cell');
    cells.push(cell);
    at = isQuoted ? after(BLANKS, text, end + 1) : end;
    if (text[at] === ',') continue;
    if (at < text.length && after(LINE_END, text, at) === at) {
      throw new CsvSyntaxError(text, start, 'goes on after a closing quote');
    }
    return { cells, end: at };
  }
}

/** Where the quote that opens at `start` closes, or the row becomes too long; -1 if it does not close. */
function closingQuote(text: string, start: number): number {
  let at = start + 1;
  for (; at - start <= MAX_ROW_LENGTH; at += 2) {
    at = text.indexOf('"', at);
    if (at === -1 || text[at + 1] !== '"') return at;
  }
  return at;
}

/** Where a match of a sticky expression at `at` ends; `at` if there is none. */
function after(expression: RegExp, text: string, at: number): number {
  expression.lastIndex = at;
  return expression.test(text) ? expression.lastIndex : at;
}
