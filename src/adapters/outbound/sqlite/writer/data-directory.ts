import { existsSync, renameSync } from 'node:fs';
import { opening } from '../format/connection.ts';
import { dataFileAt, hasLog } from '../format/data-file.ts';

/**
 * Looks at a data directory before it is opened and returns what people should know: that the engine starts without
 * data where there seem to have been some. SQLite would delete a log without its data file, so that is put aside.
 * Throws when the data file is that of another program.
 *
 * `wasUsed` is whether an engine has locked the directory before.
 */
export function prepareDirectory(file: string, wasUsed: boolean): readonly string[] {
  const found = opening(file, () => dataFileAt(file));
  if (found === 'ours') return [];
  const log = hasLog(file) ? `${file}-wal` : undefined;
  if (found === 'missing' && !wasUsed && log === undefined) return [];
  const notes = [
    `${file} is ${found}, although this directory seems to have been in use: the engine starts without data`,
  ];
  if (log !== undefined) notes.push(`${log} has lost the data file that it belongs to: kept as ${putAside(log)}`);
  return notes;
}

function putAside(file: string): string {
  let name = `${file}.lost`;
  for (let count = 2; existsSync(name); count++) name = `${file}.lost-${count}`;
  renameSync(file, name);
  return name;
}
