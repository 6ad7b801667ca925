import { setTimeout as sleep } from 'node:timers/promises';
import type { MongoClient } from 'mongodb';
import type { Logger } from '#application/ports/logger';
import { type Millis, SECOND } from '#domain/time/time';
import { endAbandonedTransactions } from './abandoned-transactions.ts';

/** Each pause is random, below a bound that doubles, so that two writers that collided do not collide again. */
const INITIAL_BOUND: Millis = 4;
const MAX_BOUND: Millis = 100;
/** A live writer does not cause conflicts for this long. */
const SUSPICIOUS_AFTER: Millis = 1 * SECOND;

/** The pauses between the attempts of one transaction that conflicts with others. */
export class ConflictPause {
  readonly #client: MongoClient;
  readonly #logger: Logger | undefined;
  #bound = INITIAL_BOUND;
  #nextSuspicion = performance.now() + SUSPICIOUS_AFTER;

  constructor(client: MongoClient, logger: Logger | undefined) {
    this.#client = client;
    this.#logger = logger;
  }

  async wait(): Promise<void> {
    if (performance.now() > this.#nextSuspicion) {
      this.#nextSuspicion = performance.now() + SUSPICIOUS_AFTER;
      await this.#endAbandoned();
    }
    await sleep(Math.random() * this.#bound);
    this.#bound = Math.min(this.#bound * 2, MAX_BOUND);
  }

  async #endAbandoned(): Promise<void> {
    try {
      const ended = await endAbandonedTransactions(this.#client);
      if (ended > 0) this.#logger?.warn('ended transactions of dead processes', { ended });
    } catch (error) {
      this.#logger?.warn('failed to end transactions of dead processes', { error });
    }
  }
}
