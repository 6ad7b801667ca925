import type { IncomingHttpHeaders } from 'node:http';
import type { ReceivedLink } from '#application/manage-links';
import { checkBatchSize, jsonLines, wholeJson, wholeText } from '../wire/batch-text.ts';
import { mediaTypeOf } from '../wire/ingest-body.ts';
import { Refusal } from '../wire/problem.ts';
import { linksFromCsv } from './link-csv.ts';
import { parseLink, rejected } from './link-schema.ts';

export type LinkFormat = 'json' | 'ndjson' | 'csv';

const FORMATS: ReadonlyMap<string, LinkFormat> = new Map([
  ['application/json', 'json'],
  ['application/x-ndjson', 'ndjson'],
  ['text/csv', 'csv'],
]);

/** What the body claims to be. */
export function linkFormat(headers: IncomingHttpHeaders): LinkFormat {
  const format = FORMATS.get(mediaTypeOf(headers));
  if (format !== undefined) return format;
  throw new Refusal('unsupported-media-type', `Content-Type must be one of ${[...FORMATS.keys()].join(', ')}.`);
}

/** What a request carries: one link, or an import of many in their order. */
export type LinkItems = { readonly single: ReceivedLink } | { readonly batch: readonly ReceivedLink[] };

/** Reads a body into the links it carries. Only what is not of its format is refused as a whole. */
export function linkItems(body: Uint8Array, format: LinkFormat): LinkItems {
  if (format === 'csv') return { batch: linksFromCsv(wholeText(body)) };
  if (format === 'ndjson') return { batch: jsonLines(body, 'links', parseLink, malformedJson) };
  const value = wholeJson(body);
  if (!Array.isArray(value)) return { single: parseLink(value) };
  checkBatchSize(value.length, 'links');
  return { batch: value.map(parseLink) };
}

function malformedJson(detail: string): ReceivedLink {
  return rejected([{ code: 'malformed-json', detail }]);
}
