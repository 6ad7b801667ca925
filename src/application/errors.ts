/** A bounded queue is full. Nothing of the request was stored; sending it again after `retryAfterSeconds` is safe. */
export class OverloadedError extends Error {
  override readonly name = 'OverloadedError';
  readonly retryAfterSeconds: number;

  constructor(message: string, retryAfterSeconds = 1) {
    super(message);
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** A key has used up one of its limits; the message says which. The request took nothing and stored nothing. */
export class RateLimitedError extends Error {
  override readonly name = 'RateLimitedError';
  readonly retryAfterSeconds: number;

  constructor(message: string, retryAfterSeconds: number) {
    super(message);
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/**
 * Stored data that are needed can no longer be read as they were written. The message says which. Everything else can
 * still be read and written; sending the same again helps only once the data were restored.
 */
export class StoreDamagedError extends Error {
  override readonly name = 'StoreDamagedError';
}

/**
 * The store did not answer, or not in time. What was sent may or may not have been stored; sending it again is safe,
 * because a reading that was stored is then reported as a duplicate.
 */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError';
}

/**
 * The clock shows a time that has already passed, so nobody can say whether readings are too new. Nothing was stored;
 * sending them again is safe. The message says which times disagree and what to do.
 */
export class ClockBehindError extends Error {
  override readonly name = 'ClockBehindError';
}
