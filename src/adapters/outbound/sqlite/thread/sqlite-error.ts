/** SQLite's result code of an error (https://sqlite.org/rescode.html); `undefined` for errors of other origins. */
export function errorCode(error: unknown): number | undefined {
  return error instanceof Error && 'errcode' in error ? Number(error.errcode) : undefined;
}
