import { type Rejected, rejected } from '#domain/reading/ingest-outcome';

/** Fault codes of the formats, for an item that cannot be read at all. The domain has those of what items mean. */
export type FormatFaultCode = 'malformed-json' | 'malformed-csv' | 'duplicate-member';

/** An item of a batch that is not written in the batch's format; the others can still be read. */
export function malformedItem(code: FormatFaultCode, detail: string): Rejected<FormatFaultCode> {
  return rejected([{ code, detail }]);
}
