import { type CommitOutcome, DUPLICATE, STORED } from '#domain/ingest-outcome';
import type { Reading } from '#domain/reading';

/** What the writer thread says of a commit. */
export interface CommitAnswer {
  /** One code per reading, or nothing when all were stored. */
  readonly codes?: Uint8Array;
  /** For each conflict, in order, the reading that stays. */
  readonly conflicts?: readonly Reading[];
}

// 0 is stored: what a new array holds.
export const DUPLICATE_CODE = 1;
export const CONFLICT_CODE = 2;

export function toOutcomes({ codes, conflicts = [] }: CommitAnswer, count: number): readonly CommitOutcome[] {
  const outcomes = new Array<CommitOutcome>(count).fill(STORED);
  if (codes === undefined) return outcomes;
  let conflict = 0;
  codes.forEach((code, index) => {
    if (code === DUPLICATE_CODE) outcomes[index] = DUPLICATE;
    else if (code === CONFLICT_CODE) outcomes[index] = { status: 'conflict', stored: conflicts[conflict++] as Reading };
  });
  return outcomes;
}
