import { StoreUnavailableError } from '#application/errors';
import type { CommitOutcome } from '#domain/reading/ingest-outcome';
import type { Reading } from '#domain/reading/reading';
import type { Millis } from '#domain/time/time';

/** Memory of one reading besides its id: the object, its numbers, its share of the request. */
export const READING_BYTES = 160;

/** Readings that are committed or refused together, and who waits for the outcome. */
export interface Request {
  readonly readings: readonly Reading[];
  readonly atomic: boolean;
  readonly bytes: number;
  /** By `performance.now()`. */
  readonly deadline: Millis;
  resolve(outcomes: readonly CommitOutcome[]): void;
  reject(error: Error): void;
}

/** The readings of all requests, in order. */
export function readingsOf(group: readonly Request[]): readonly Reading[] {
  return group.length === 1 ? (group[0]?.readings ?? []) : group.flatMap((request) => request.readings);
}

/** Gives each request its part of the outcomes, which are in the order of `readingsOf`. */
export function answer(group: readonly Request[], outcomes: readonly CommitOutcome[]): void {
  let at = 0;
  for (const request of group) {
    request.resolve(group.length === 1 ? outcomes : outcomes.slice(at, at + request.readings.length));
    at += request.readings.length;
  }
}

export function refuse(group: readonly Request[], error: unknown): void {
  const cause = error instanceof Error ? error : new StoreUnavailableError('the commit failed', { cause: error });
  for (const request of group) request.reject(cause);
}

/** The memory that queued readings take. */
export function estimatedBytes(readings: readonly Reading[]): number {
  let bytes = 0;
  for (const { deviceId } of readings) bytes += READING_BYTES + deviceId.length;
  return bytes;
}
