import type { Fault, FaultCode } from './fault.ts';
import { type Reading, readingKey } from './reading.ts';

/** The reading is in the history, durably, and counted exactly once. */
export interface Stored {
  readonly status: 'stored';
}
/** The same reading is already stored (or occurs earlier in this batch): a success, not counted again. */
export interface Duplicate {
  readonly status: 'duplicate';
}
/** A reading with the same key and other values is already stored; it stays, and this one is not stored. */
export interface Conflict {
  readonly status: 'conflict';
  /**
   * The reading that stays; `null` when it occurs earlier in the same all-or-nothing batch and was withheld with it.
   */
  readonly stored: Reading | null;
}
/** Valid and new, but not stored because another item of its all-or-nothing batch was in conflict or invalid. */
export interface Withheld {
  readonly status: 'withheld';
}
/** Not a valid reading, or not one that can be stored. `Rejected<string>` may have the codes of an inbound adapter. */
export interface Rejected<Code extends string = FaultCode> {
  readonly status: 'rejected';
  readonly faults: readonly Fault<Code>[];
  /** The stream that the reading would be of, if that is known. */
  readonly kind?: string;
  /** The device id as it was sent, at most 128 characters of it, if there is one; not necessarily a valid one. */
  readonly deviceId?: string;
}

/**
 * Not stored: the stored data that show whether it is new are damaged, and stored again it might be counted twice. It is
 * worth keeping until the data are restored.
 */
export type Undecidable = Rejected<'store-damaged'>;

export type CommitOutcome = Stored | Duplicate | Conflict | Withheld | Undecidable;
export type IngestOutcome = CommitOutcome | Rejected<string>;

export const STORED: Stored = { status: 'stored' };
export const DUPLICATE: Duplicate = { status: 'duplicate' };
export const WITHHELD: Withheld = { status: 'withheld' };

/** Longer ones are no device ids, and the log names them. */
const MAX_ID_LENGTH = 128;

export function rejected<Code extends string>(
  faults: readonly Fault<Code>[],
  { kind, deviceId }: Pick<Rejected, 'kind' | 'deviceId'> = {},
): Rejected<Code> {
  return {
    status: 'rejected',
    faults,
    ...(kind !== undefined && { kind }),
    ...(deviceId !== undefined && { deviceId: deviceId.slice(0, MAX_ID_LENGTH) }),
  };
}

export function undecidable(detail: string): Undecidable {
  return rejected([{ code: 'store-damaged', detail }]);
}

/**
 * Turns the outcomes that the readings of an all-or-nothing batch with a conflict would have had into those they get:
 * new readings are withheld, and so are duplicates of withheld readings. In a conflict with one, no reading stays.
 */
export function withheldOutcomes(readings: readonly Reading[], judged: readonly CommitOutcome[]): CommitOutcome[] {
  const withheld = new Set(readings.filter((_, index) => judged[index]?.status === 'stored').map(readingKey));
  return readings.map((reading, index) => {
    const outcome = judged[index] ?? WITHHELD;
    if (!withheld.has(readingKey(reading))) return outcome;
    return outcome.status === 'conflict' ? { status: 'conflict', stored: null } : WITHHELD;
  });
}
