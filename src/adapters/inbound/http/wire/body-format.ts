import type { IncomingHttpHeaders } from 'node:http';
import { alternatives, Refusal } from './problem.ts';

const MEDIA_TYPES = { json: 'application/json', ndjson: 'application/x-ndjson', csv: 'text/csv' } as const;

export type BodyFormat = keyof typeof MEDIA_TYPES;
export type JsonFormat = Exclude<BodyFormat, 'csv'>;

/** The format that `Content-Type` declares. Throws `Refusal` unless it is one of `accepted`. */
export function bodyFormat<Format extends BodyFormat>(
  headers: IncomingHttpHeaders,
  accepted: readonly Format[],
): Format {
  const mediaType = mediaTypeOf(headers);
  const format = accepted.find((one) => MEDIA_TYPES[one] === mediaType);
  if (format !== undefined) return format;
  const mediaTypes = alternatives.format(accepted.map((one) => MEDIA_TYPES[one]));
  throw new Refusal('unsupported-media-type', `Content-Type must be ${mediaTypes}.`);
}

/** The media type without its parameters. Text is UTF-8; any other charset is refused rather than misread. */
function mediaTypeOf({ 'content-type': header = '' }: IncomingHttpHeaders): string {
  if (header === 'application/json') return header;
  const [mediaType = '', ...parameters] = header.split(';').map((part) => part.trim().toLowerCase());
  for (const parameter of parameters) {
    if (parameter.startsWith('charset=') && !/^charset="?utf-?8"?$/.test(parameter)) {
      throw new Refusal('unsupported-media-type', 'The charset must be UTF-8.');
    }
  }
  return mediaType;
}
