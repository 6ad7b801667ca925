/** The number that SQLite gives to the kind of an error, https://sqlite.org/rescode.html; no other error has one. */
export function errorCode(error: unknown): number | undefined {
  return error instanceof Error && 'errcode' in error ? Number(error.errcode) : undefined;
}
