import type { Rejected } from '#domain/reading/ingest-outcome';
import type { Reading } from '#domain/reading/reading';

/**
 * What an inbound adapter received: a valid reading (`readingParser` makes it), or what is wrong with it. An item that
 * the adapter cannot read at all is rejected with a kebab-case code of its own.
 */
export type Received = Reading | Rejected<string>;

export function isReading(item: Received): item is Reading {
  return !('status' in item);
}
