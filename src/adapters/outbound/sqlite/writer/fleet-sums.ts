import type { DatabaseSync } from 'node:sqlite';
import { kinds } from '#domain/streams/streams';
import { HOUR, MINUTE } from '#domain/time/time';
import { BulkInsert } from './bulk-insert.ts';

/** Energy and count per stream and bucket, collected during a commit and added to the tables once at its end. */
export class FleetSums {
  readonly #minutes: FleetTable;
  readonly #hours: FleetTable;

  constructor(database: DatabaseSync) {
    this.#minutes = new FleetTable(database, 'minute', MINUTE);
    this.#hours = new FleetTable(database, 'hour', HOUR);
  }

  add(stream: number, timestamp: number, energy: number): void {
    this.#minutes.add(stream, timestamp, energy);
    this.#hours.add(stream, timestamp, energy);
  }

  /** Adds what was collected to the tables, inside the running transaction. */
  write(): void {
    this.#minutes.write();
    this.#hours.write();
  }

  clear(): void {
    this.#minutes.clear();
    this.#hours.clear();
  }
}

class FleetTable {
  readonly #width: number;
  readonly #upsert: BulkInsert;
  readonly #sums = kinds.map(() => new Map<number, { energy: number; readings: number }>());

  constructor(database: DatabaseSync, bucket: 'minute' | 'hour', width: number) {
    this.#width = width;
    this.#upsert = new BulkInsert(
      database,
      `INSERT INTO fleet_${bucket}s (stream, ${bucket}, energy, readings)`,
      4,
      `ON CONFLICT (stream, ${bucket}) DO UPDATE SET energy = energy + excluded.energy, readings = readings + excluded.readings`,
    );
  }

  add(stream: number, timestamp: number, energy: number): void {
    const buckets = this.#sums[stream];
    const bucket = Math.floor(timestamp / this.#width);
    const sums = buckets?.get(bucket);
    if (sums === undefined) buckets?.set(bucket, { energy, readings: 1 });
    else {
      sums.energy += energy;
      sums.readings++;
    }
  }

  write(): void {
    const rows = kinds.flatMap((kind, stream) =>
      [...(this.#sums[stream] ?? [])].flatMap(([bucket, { energy, readings }]) => [kind, bucket, energy, readings]),
    );
    this.#upsert.run(rows);
    this.clear();
  }

  clear(): void {
    for (const buckets of this.#sums) buckets.clear();
  }
}
