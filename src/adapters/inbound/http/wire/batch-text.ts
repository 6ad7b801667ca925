import type { Rejected } from '#domain/reading/ingest-outcome';
import { type FormatFaultCode, malformedItem } from './malformed-item.ts';
import { Refusal } from './problem.ts';
import type { JsonFormat } from './request-body.ts';

/** Items per request: about a megabyte of JSON, so that no request keeps the others waiting for long. */
export const MAX_BATCH = 5_000;

/** Drops a byte order mark; throws on bytes that are not UTF-8 instead of replacing them. */
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** What a body carries: one item, or a batch in its order. */
export type Items<T> = { readonly single: T } | { readonly batch: readonly T[] };

/**
 * Reads the items of a JSON body. Throws `Refusal` if it is not JSON, empty or too large; a line of NDJSON that is not
 * JSON is rejected alone. `noun` is the plural that problems use.
 */
export function jsonItems<T>(
  body: Uint8Array,
  format: JsonFormat,
  noun: string,
  read: (value: unknown) => T,
): Items<T | Rejected<FormatFaultCode>> {
  if (format === 'ndjson') return { batch: linesOf(body, noun).map((line) => itemOf(line, read)) };
  const value = parsedJson(body);
  if (!Array.isArray(value)) return { single: read(value) };
  checkBatchSize(value.length, noun);
  return { batch: value.map((item) => read(item)) };
}

export function parsedJson(body: Uint8Array): unknown {
  const text = decodedText(body);
  if (text === '') throw new Refusal('malformed-json', 'The body is empty.');
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Refusal('malformed-json', `The body is not valid JSON: ${messageOf(cause)}.`, { cause });
  }
}

export function decodedText(body: Uint8Array): string {
  const text = decoded(body);
  if (text === undefined) throw new Refusal('malformed-json', 'The body is not valid UTF-8.');
  return text;
}

export function checkBatchSize(size: number, noun: string): void {
  if (size === 0) throw new Refusal('empty-batch', `The batch contains no ${noun}.`);
  if (size > MAX_BATCH) throw new Refusal('batch-too-large', `A batch may contain at most ${MAX_BATCH} ${noun}.`);
}

function itemOf<T>(line: string | undefined, read: (value: unknown) => T): T | Rejected<FormatFaultCode> {
  if (line === undefined) return malformedItem('malformed-json', 'The line is not valid UTF-8.');
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    return malformedItem('malformed-json', messageOf(cause));
  }
  return read(value);
}

/** The lines that are not empty; `undefined` for one that is not UTF-8. */
function linesOf(body: Uint8Array, noun: string): (string | undefined)[] {
  const text = decoded(body);
  if (text !== undefined) return split(text, noun, '\uFEFF');
  // Latin-1 maps every byte to a character and keeps the line ends, so that each line can be decoded by itself.
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  return split(bytes.toString('latin1'), noun, '\u00EF\u00BB\u00BF').map((line) =>
    decoded(Buffer.from(line, 'latin1')),
  );
}

function decoded(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

const BLANK = /^[ \t\r]*$/;

/**
 * The lines that are not empty; the carriage return of a CRLF is white space to JSON. Each may begin with a byte order
 * mark, which is dropped: files joined together have one at the start of each.
 */
function split(text: string, noun: string, byteOrderMark: string): string[] {
  const lines: string[] = [];
  for (let start = 0; start < text.length; ) {
    const end = text.indexOf('\n', start);
    if (text.startsWith(byteOrderMark, start)) start += byteOrderMark.length;
    const line = text.slice(start, end === -1 ? text.length : end);
    if (!BLANK.test(line) && lines.push(line) > MAX_BATCH) break;
    start += line.length + 1;
  }
  checkBatchSize(lines.length, noun);
  return lines;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
