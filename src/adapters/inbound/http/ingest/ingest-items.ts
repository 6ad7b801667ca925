import type { Received } from '#application/ingest-readings';
import type { EpochMillis } from '#domain/time/time';
import { checkBatchSize, jsonLines, wholeJson } from '../wire/batch-text.ts';
import type { JsonFormat } from '../wire/request-body.ts';
import type { QuickItems } from './fast-path/quick-items.ts';
import { malformedJson, type ParseReading } from './reading-parser.ts';

/** What a request carries: one reading, or a batch of them in their order. */
export type IngestItems = { readonly single: Received } | { readonly batch: readonly Received[] };

/** Reads a body into the readings it carries. Only what is no JSON at all is refused as a whole. */
export function ingestItems(
  body: Uint8Array,
  format: JsonFormat,
  { quickItems, parse }: { readonly quickItems: QuickItems; readonly parse: ParseReading },
  now: EpochMillis,
): IngestItems {
  const items = quickItems(body, format, now);
  if (items !== undefined) return items;
  if (format === 'ndjson') return { batch: jsonLines(body, 'readings', (value) => parse(value, now), malformedJson) };
  const value = wholeJson(body);
  if (!Array.isArray(value)) return { single: parse(value, now) };
  checkBatchSize(value.length, 'readings');
  return { batch: value.map((item) => parse(item, now)) };
}
