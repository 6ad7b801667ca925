import { Refusal } from './problem.ts';

/** Most items of one request: about a megabyte of JSON, and one request cannot keep the others waiting for long. */
export const MAX_BATCH = 5_000;

export function wholeJson(text: string): unknown {
  if (text === '') throw new Refusal('malformed-json', 'The body is empty.');
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Refusal('malformed-json', `The body is not JSON: ${messageOf(cause)}.`, { cause });
  }
}

const BLANK = /^[ \t\r]*$/;

/** The lines that are not empty; the carriage return of a CRLF is white space to JSON. `items` is the word for many. */
export function linesOf(text: string, items: string): string[] {
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

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
