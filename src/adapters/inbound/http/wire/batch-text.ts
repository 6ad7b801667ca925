import { Refusal } from './problem.ts';

/** Most items of one request: about a megabyte of JSON, and one request cannot keep the others waiting for long. */
export const MAX_BATCH = 5_000;

/** Takes a byte order mark away; bytes that are not UTF-8 are refused, not replaced. */
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** The body as text. */
export function wholeText(body: Uint8Array): string {
  const text = decoded(body);
  if (text === undefined) throw new Refusal('malformed-json', 'The body is not UTF-8.');
  return text;
}

export function wholeJson(body: Uint8Array): unknown {
  const text = wholeText(body);
  if (text === '') throw new Refusal('malformed-json', 'The body is empty.');
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Refusal('malformed-json', `The body is not JSON: ${messageOf(cause)}.`, { cause });
  }
}

/**
 * What the lines that are not empty hold, in their order; one that is not UTF-8 or not JSON is `broken`, with the reason.
 * `items` is the word for many.
 */
export function jsonLines<T>(
  body: Uint8Array,
  items: string,
  read: (value: unknown) => T,
  broken: (detail: string) => T,
): T[] {
  return linesOf(body, items).map((line) => {
    if (line === undefined) return broken('The line is not UTF-8.');
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch (cause) {
      return broken(messageOf(cause));
    }
    return read(value);
  });
}

/** `undefined` for a line that is not UTF-8. */
function linesOf(body: Uint8Array, items: string): (string | undefined)[] {
  const text = decoded(body);
  if (text !== undefined) return split(text, items);
  // Latin-1 has a character for every byte, and the same line ends: each line is told apart, and judged for itself.
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  return split(bytes.toString('latin1'), items).map((line) => decoded(Buffer.from(line, 'latin1')));
}

function decoded(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

const BLANK = /^[ \t\r]*$/;

/** The lines that are not empty; the carriage return of a CRLF is white space to JSON. */
function split(text: string, items: string): string[] {
  const lines: string[] = [];
  for (let start = 0; start < text.length; ) {
    const end = text.indexOf('\n', start);
    const line = text.slice(start, end === -1 ? text.length : end);
    if (!BLANK.test(line) && lines.push(line) > MAX_BATCH) break;
    start += line.length + 1;
  }
  checkBatchSize(lines.length, items);
  return lines;
}

export function checkBatchSize(size: number, items: string): void {
  if (size === 0) throw new Refusal('empty-batch', `The batch holds no ${items}.`);
  if (size > MAX_BATCH) throw new Refusal('batch-too-large', `A batch holds at most ${MAX_BATCH} ${items}.`);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
