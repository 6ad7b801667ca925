import { openSqliteStore } from '#adapters/outbound/sqlite/sqlite-store';

/** For the process that the crash contract kills. */
export const open = (directory: string) => openSqliteStore({ directory });
