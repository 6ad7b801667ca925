const VERSION = '1:';

/** Clients pass cursors back and look no further, so their content may change with the version. */
export function encodeCursor(position: string): string {
  return Buffer.from(VERSION + position).toString('base64url');
}

/** The position a cursor stands for, or `undefined` when it was not made here. */
export function decodeCursor(cursor: string): string | undefined {
  const text = Buffer.from(cursor, 'base64url').toString();
  if (!text.startsWith(VERSION)) return undefined;
  const position = text.slice(VERSION.length);
  return position !== '' && encodeCursor(position) === cursor ? position : undefined;
}
