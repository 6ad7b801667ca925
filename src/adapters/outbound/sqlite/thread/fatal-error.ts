/**
 * The thread that threw this must not serve any longer: what it works on is no longer its own. `serve` closes what the
 * thread holds and ends it, so that the store has failed for good.
 */
export class FatalError extends Error {
  override readonly name = 'FatalError';
}
