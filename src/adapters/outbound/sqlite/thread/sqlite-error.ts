import { StoreDamagedError } from '#application/errors';

const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;
/** The primary result code; the rest says more about it. */
const PRIMARY = 0xff;

/** SQLite's result code of an error (https://sqlite.org/rescode.html); `undefined` for errors of other origins. */
export function errorCode(error: unknown): number | undefined {
  return error instanceof Error && 'errcode' in error ? Number(error.errcode) : undefined;
}

/** What the error says about damage in the file; `undefined` when it is about something else. */
export function asDamage(error: unknown): StoreDamagedError | undefined {
  if (error instanceof StoreDamagedError) return error;
  const code = (errorCode(error) ?? 0) & PRIMARY;
  if (code !== SQLITE_CORRUPT && code !== SQLITE_NOTADB) return undefined;
  return new StoreDamagedError(`the data file is damaged: ${(error as Error).message}`, { cause: error });
}
