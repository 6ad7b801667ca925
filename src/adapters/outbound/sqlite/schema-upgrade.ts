import type { DatabaseSync } from 'node:sqlite';
import { entryColumns, historySchema } from './history-blocks.ts';
import { HistoryWriter } from './history-writer.ts';
import { streamTables } from './stream-tables.ts';

/**
 * Version 1 kept each reading in a row of its own. Puts them into blocks, inside of the running transaction: a million
 * readings take some seconds.
 */
export function upgradeFromVersion1(database: DatabaseSync): void {
  for (const tables of streamTables) {
    const old = `${tables.history}_1`;
    database.exec(`ALTER TABLE ${tables.history} RENAME TO ${old}`);
    database.exec(historySchema(tables));
    const history = new HistoryWriter(database, tables);
    const columns = entryColumns(tables);
    const rows = database.prepare(
      `SELECT minute, ${columns.join(', ')} FROM ${old} ORDER BY minute, device, timestamp`,
    );
    let written: unknown;
    for (const row of rows.iterate()) {
      if (row.minute !== written) history.write();
      written = row.minute;
      history.add(
        Number(row.device),
        Number(row.timestamp),
        columns.map((column) => Number(row[column])),
        0,
      );
    }
    history.write();
    database.exec(`DROP TABLE ${old}`);
  }
}
