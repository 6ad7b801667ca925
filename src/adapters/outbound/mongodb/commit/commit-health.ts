import { StoreUnavailableError } from '#application/errors';
import { type Millis, SECOND } from '#domain/time/time';

/** A commit takes milliseconds, and a second or two while the replica set elects a primary. */
const HANGING_AFTER: Millis = 3 * SECOND;

/** Notices that commits hang or fail, which a server that answers a ping does not show. */
export class CommitHealth {
  /** When the unanswered commits began, oldest first. */
  readonly #unanswered = new Set<{ readonly begin: Millis }>();
  #failures = 0;
  #checkedFailures = 0;

  /** Settles as the commit does. */
  async watch<T>(commit: Promise<T>): Promise<T> {
    const one = { begin: performance.now() };
    this.#unanswered.add(one);
    try {
      return await commit;
    } catch (error) {
      this.#failures++;
      throw error;
    } finally {
      this.#unanswered.delete(one);
    }
  }

  /**
   * Rejects while a commit hangs. After a failed commit, `write` has to succeed first, which must need as much of the
   * server as a commit does: when clients stay away because the store is not ready, no commit shows that it works again.
   */
  async check(write: () => Promise<unknown>): Promise<void> {
    const [oldest] = this.#unanswered;
    const age = oldest === undefined ? 0 : performance.now() - oldest.begin;
    if (age >= HANGING_AFTER) {
      throw new StoreUnavailableError(`a commit has not been answered for ${Math.floor(age / SECOND)} s`);
    }
    const failures = this.#failures;
    if (failures === this.#checkedFailures) return;
    await write();
    this.#checkedFailures = failures;
  }
}
