const VERSION = '1:';

/** The `nextCursor` of a page: `next` is the position of the next page, `null` after the last one. */
export function nextCursor(next: string | number | null): string | null {
  return next === null ? null : encodeCursor(String(next));
}

/** The position that a cursor encodes, or `undefined` if it was not made here. */
export function decodeCursor(cursor: string): string | undefined {
  const text = Buffer.from(cursor, 'base64url').toString();
  if (!text.startsWith(VERSION)) return undefined;
  const position = text.slice(VERSION.length);
  return position !== '' && encodeCursor(position) === cursor ? position : undefined;
}

/** Cursors are opaque to clients, so their content may change with the version. */
function encodeCursor(position: string): string {
  return Buffer.from(VERSION + position).toString('base64url');
}
