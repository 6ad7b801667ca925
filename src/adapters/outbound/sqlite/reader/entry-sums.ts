import { MINUTE_SHIFT, STANDBY_ENERGY } from '#domain/reading/totals';
import { HOUR, MINUTE } from '#domain/time/time';
import { FIRST_AVERAGED_SUM, hourColumns } from '../format/hour-sums.ts';
import type { RowEntries } from '../format/row-entries.ts';
import { ENERGY, type StreamTables } from '../format/stream-tables.ts';

const MINUTES_PER_HOUR = HOUR / MINUTE;

/** Positions in the sums of a key, in the order of `hourColumns`. */
const READINGS = 1;
const LEAST = 2;
const MOST = 3;
const MINUTES = 4;
const SHIFTED_MINUTES = 5;
const ACTIVE_MINUTES = 6;

/** What the newest minute of a key has been counted as: an active minute, and half of one shifted minute or of two. */
const ACTIVE = 1;
const FIRST_HALF = 2;
const SECOND_HALF = 4;
const HALVES = FIRST_HALF | SECOND_HALF;

/**
 * Sums of readings by key, which is a device number or the start of a bucket, each in the order of `hourColumns`. The
 * readings of a key must come minute by minute, in any order within a minute: then distinct minutes are counted without
 * remembering more than the newest.
 */
export class EntrySums {
  /** Behind the sums two more numbers: the newest minute, and what it has been counted as. */
  readonly byKey = new Map<number, number[]>();
  readonly #averaged: readonly number[];
  readonly #newest: number;

  constructor(tables: StreamTables) {
    this.#averaged = tables.averaged.map((field) => tables.values.indexOf(field));
    this.#newest = hourColumns(tables).length;
  }

  add(key: number, entries: RowEntries, at: number): void {
    const energy = entries.value(ENERGY, at);
    const sums = this.byKey.get(key) ?? this.#begin(key, energy);
    sums[ENERGY] = (sums[ENERGY] as number) + energy;
    sums[READINGS] = (sums[READINGS] as number) + 1;
    if (energy < (sums[LEAST] as number)) sums[LEAST] = energy;
    if (energy > (sums[MOST] as number)) sums[MOST] = energy;
    for (let i = 0; i < this.#averaged.length; i++) {
      const position = FIRST_AVERAGED_SUM + i;
      sums[position] = (sums[position] as number) + entries.millionths(this.#averaged[i] as number, at);
    }

    const { minute } = entries;
    const before = sums[this.#newest] as number;
    let counted = sums[this.#newest + 1] as number;
    if (minute !== before) {
      // Within an hour, the second half of a minute and the first half of the next one are one shifted minute.
      const continues = minute - 1 === before && minute % MINUTES_PER_HOUR !== 0;
      counted = continues && (counted & SECOND_HALF) !== 0 ? FIRST_HALF : 0;
      sums[this.#newest] = minute;
      sums[MINUTES] = (sums[MINUTES] as number) + 1;
    }
    const half = entries.sinceMinute(at) < MINUTE_SHIFT ? FIRST_HALF : SECOND_HALF;
    const found = energy > STANDBY_ENERGY ? half | ACTIVE : half;
    const fresh = found & ~counted;
    if ((fresh & HALVES) !== 0) sums[SHIFTED_MINUTES] = (sums[SHIFTED_MINUTES] as number) + 1;
    if ((fresh & ACTIVE) !== 0) sums[ACTIVE_MINUTES] = (sums[ACTIVE_MINUTES] as number) + 1;
    sums[this.#newest + 1] = counted | found;
  }

  #begin(key: number, energy: number): number[] {
    const sums = [0, 0, energy, energy, 0, 0, 0, ...this.#averaged.map(() => 0), Number.NaN, 0];
    this.byKey.set(key, sums);
    return sums;
  }
}
