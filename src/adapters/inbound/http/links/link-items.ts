import type { ReceivedLink } from '#application/manage-links';
import { checkBatchSize, jsonLines, wholeJson, wholeText } from '../wire/batch-text.ts';
import type { BodyFormat } from '../wire/request-body.ts';
import { linksFromCsv } from './link-csv.ts';
import { parseLink, rejected } from './link-schema.ts';

/** What a request carries: one link, or an import of many in their order. */
export type LinkItems = { readonly single: ReceivedLink } | { readonly batch: readonly ReceivedLink[] };

/** Reads a body into the links it carries. Only what is not of its format is refused as a whole. */
export function linkItems(body: Uint8Array, format: BodyFormat): LinkItems {
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
