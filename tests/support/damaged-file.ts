import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

/** Flips the first 16 bytes of the entries of a row of history on the disk; nothing may have the file open. */
export function flipBytes(file: string, where: string): void {
  const database = new DatabaseSync(file, { readOnly: true });
  const entries = database.prepare(`SELECT entries FROM ${where}`).get()?.entries as Uint8Array;
  database.close();
  const bytes = readFileSync(file);
  const at = bytes.indexOf(entries);
  if (at < 0) throw new Error('the row is not in one page of the file');
  for (let i = at; i < at + 16; i++) bytes[i] = (bytes[i] as number) ^ 0xff;
  writeFileSync(file, bytes);
}

/** Overwrites the leaf pages of a table with its first rows on the disk; nothing may have the file open. */
export function overwriteLeaves(file: string, table: string, count: number): void {
  const database = new DatabaseSync(file, { readOnly: true });
  const size = Number(Object.values(database.prepare('PRAGMA page_size').get() ?? {})[0]);
  const leaves = database
    .prepare("SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf' ORDER BY path LIMIT ?")
    .all(table, count);
  database.close();
  const descriptor = openSync(file, 'r+');
  for (const { pageno } of leaves)
    writeSync(descriptor, Buffer.alloc(size, 0xa5), 0, size, (Number(pageno) - 1) * size);
  closeSync(descriptor);
}
