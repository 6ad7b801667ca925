import { millionths } from '#domain/reading/totals';
import type { RowEntries } from '../format/row-entries.ts';
import { ENERGY, type StreamTables } from '../format/stream-tables.ts';

/** Sums of readings by key, which is a device number or the start of a bucket, each in the order of `hourColumns`. */
export class EntrySums {
  readonly byKey = new Map<number, number[]>();
  readonly #averaged: readonly number[];

  constructor(tables: StreamTables) {
    this.#averaged = tables.averaged.map((field) => tables.values.indexOf(field));
  }

  add(key: number, entries: RowEntries, at: number): void {
    const energy = entries.value(ENERGY, at);
    const sums = this.byKey.get(key);
    if (sums === undefined) {
      const averaged = this.#averaged.map((field) => millionths(entries.value(field, at)));
      this.byKey.set(key, [energy, 1, energy, energy, ...averaged]);
      return;
    }
    sums[0] = (sums[0] as number) + energy;
    sums[1] = (sums[1] as number) + 1;
    if (energy < (sums[2] as number)) sums[2] = energy;
    if (energy > (sums[3] as number)) sums[3] = energy;
    for (let i = 0; i < this.#averaged.length; i++) {
      sums[4 + i] = (sums[4 + i] as number) + millionths(entries.value(this.#averaged[i] as number, at));
    }
  }
}
