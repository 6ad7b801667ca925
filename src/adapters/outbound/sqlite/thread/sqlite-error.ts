/**
 * SQLite's result code of an error (https://sqlite.org/rescode.html), or `undefined` for errors of any other origin.
 */
export function errorCode(error: unknown): number | undefined {
  return error instanceof Error && 'errcode' in error ? Number(error.errcode) : undefined;
}
