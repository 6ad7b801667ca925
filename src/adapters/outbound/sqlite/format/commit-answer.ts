import { type CommitOutcome, DUPLICATE, STORED, undecidable } from '#domain/reading/ingest-outcome';
import type { Reading } from '#domain/reading/reading';
import { type ReadingRow, readingFromRow } from './reading-row.ts';

/** The writer thread's answer to a commit. */
export interface CommitAnswer {
  /** One code per reading; left out when all were stored. */
  readonly codes?: Uint8Array;
  /** For each conflict, in order, the row of the stored reading. */
  readonly conflicts?: readonly ReadingRow[];
  /** For each reading that could not be judged, in order, why. */
  readonly damage?: readonly string[];
  /** The numbers of the commit's `unknown` devices, in order; empty when nothing was kept. */
  readonly devices: readonly number[];
}

// 0 means stored, the initial value of the array.
export const DUPLICATE_CODE = 1;
export const CONFLICT_CODE = 2;
export const DAMAGE_CODE = 3;

/** The outcome of each reading, in order. */
export function toOutcomes(
  { codes, conflicts = [], damage = [] }: CommitAnswer,
  readings: readonly Reading[],
): readonly CommitOutcome[] {
  const outcomes = new Array<CommitOutcome>(readings.length).fill(STORED);
  if (codes === undefined) return outcomes;
  let [conflict, damaged] = [0, 0];
  for (const [index, { kind, deviceId }] of readings.entries()) {
    if (codes[index] === DUPLICATE_CODE) outcomes[index] = DUPLICATE;
    else if (codes[index] === DAMAGE_CODE) outcomes[index] = undecidable(damage[damaged++] as string);
    else if (codes[index] === CONFLICT_CODE) {
      const stored = readingFromRow({ kind }, deviceId, conflicts[conflict++] as ReadingRow);
      outcomes[index] = { status: 'conflict', stored };
    }
  }
  return outcomes;
}
