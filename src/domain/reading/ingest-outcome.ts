import type { Fault } from './fault.ts';
import type { Reading } from './reading.ts';

/** The reading is in the history, durably, and counted once. */
export interface Stored {
  readonly status: 'stored';
}
/** The same reading was there before (or stands earlier in this batch): success, not counted again. */
export interface Duplicate {
  readonly status: 'duplicate';
}
/** The key is taken by other values: the first reading stays. */
export interface Conflict {
  readonly status: 'conflict';
  /** The reading that stays; `null` when it stands earlier in the same all-or-nothing batch and was withheld with it. */
  readonly stored: Reading | null;
}
/** Valid and new, yet not stored, because its all-or-nothing batch held a conflict. */
export interface Withheld {
  readonly status: 'withheld';
}
/** Not a valid reading; never reached a store. */
export interface Rejected {
  readonly status: 'rejected';
  readonly faults: readonly Fault[];
}

/** What a writer says of one reading. */
export type CommitOutcome = Stored | Duplicate | Conflict | Withheld;
/** What ingestion says of one reading received. */
export type IngestOutcome = CommitOutcome | Rejected;

export const STORED: Stored = { status: 'stored' };
export const DUPLICATE: Duplicate = { status: 'duplicate' };
export const WITHHELD: Withheld = { status: 'withheld' };

/**
 * The outcomes of an all-or-nothing batch with a conflict, from what they would have been: what is new is withheld, and
 * so is a duplicate of a reading that is withheld itself. A conflict with such a reading has none that stays.
 */
export function withheldOutcomes(readings: readonly Reading[], judged: readonly CommitOutcome[]): CommitOutcome[] {
  const key = ({ kind, deviceId, timestamp }: Reading) => `${kind} ${deviceId} ${timestamp}`;
  const withheld = new Set(readings.filter((_, index) => judged[index]?.status === 'stored').map(key));
  return readings.map((reading, index) => {
    const outcome = judged[index] ?? WITHHELD;
    if (!withheld.has(key(reading))) return outcome;
    return outcome.status === 'conflict' ? { status: 'conflict', stored: null } : WITHHELD;
  });
}
