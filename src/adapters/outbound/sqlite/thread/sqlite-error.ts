import { StoreDamagedError } from '#application/errors';

const SQLITE_READONLY = 8;
const SQLITE_IOERR = 10;
const SQLITE_FULL = 13;
const SQLITE_CANTOPEN = 14;
const UNWRITABLE = [SQLITE_READONLY, SQLITE_IOERR, SQLITE_FULL, SQLITE_CANTOPEN];
const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;
/** The primary result code; the rest says more about it. */
const PRIMARY = 0xff;

/** SQLite's result code of an error (https://sqlite.org/rescode.html); `undefined` for errors of other origins. */
export function errorCode(error: unknown): number | undefined {
  return error instanceof Error && 'errcode' in error ? Number(error.errcode) : undefined;
}

/** SQLite could not create a file or make it larger: the disk is full, or it or the directory cannot be written. */
export function cannotCreateFiles(error: unknown): boolean {
  return codesOf(error).some((code) => UNWRITABLE.includes(code & PRIMARY));
}

/** Result codes of the error and its causes. */
function codesOf(error: unknown): readonly number[] {
  const code = errorCode(error);
  const cause = error instanceof Error && error.cause !== undefined ? codesOf(error.cause) : [];
  return code === undefined ? cause : [code, ...cause];
}

/** What the error says about damage in the file; `undefined` when it is about something else. */
export function asDamage(error: unknown): StoreDamagedError | undefined {
  if (error instanceof StoreDamagedError) return error;
  const code = (errorCode(error) ?? 0) & PRIMARY;
  if (code !== SQLITE_CORRUPT && code !== SQLITE_NOTADB) return undefined;
  return new StoreDamagedError(`the data file is damaged: ${(error as Error).message}`, { cause: error });
}
