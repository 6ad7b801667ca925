import type { Received } from '#application/ingest-readings';
import type { EpochMillis } from '#domain/time';
import { checkBatchSize, linesOf, messageOf, wholeJson } from './batch-text.ts';
import type { IngestFormat } from './ingest-body.ts';
import { malformedJson, type ParseReading } from './reading-parser.ts';

/** What a request carries: one reading, or a batch of them in their order. */
export type IngestItems = { readonly single: Received } | { readonly batch: readonly Received[] };

/** Reads the text of a body into the readings it carries. Only text that is no JSON at all is refused as a whole. */
export function ingestItems(text: string, format: IngestFormat, parse: ParseReading, now: EpochMillis): IngestItems {
  if (format === 'ndjson') return { batch: linesOf(text, 'readings').map((line) => parseLine(line, parse, now)) };
  const value = wholeJson(text);
  if (!Array.isArray(value)) return { single: parse(value, now) };
  checkBatchSize(value.length, 'readings');
  return { batch: value.map((item) => parse(item, now)) };
}

function parseLine(line: string, parse: ParseReading, now: EpochMillis): Received {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    return malformedJson(messageOf(cause));
  }
  return parse(value, now);
}
