import { setTimeout as sleep } from 'node:timers/promises';
import type { MongoClient } from 'mongodb';
import type { Logger } from '#application/ports/logger';
import { type Millis, SECOND } from '#domain/time/time';
import { endAbandonedTransactions } from './abandoned-transactions.ts';

/** Drawn anew each time between nothing and a bound that grows, so that two writers that met do not meet again. */
const FIRST_BOUND: Millis = 4;
const LAST_BOUND: Millis = 100;
/** Conflicts that last this long are not with a writer that lives. */
const SUSPICIOUS_AFTER: Millis = 1 * SECOND;

/** The pauses of one commit that has met other writers. */
export class ConflictPause {
  readonly #client: MongoClient;
  readonly #logger: Logger | undefined;
  #bound = FIRST_BOUND;
  #nextSuspicion = performance.now() + SUSPICIOUS_AFTER;

  constructor(client: MongoClient, logger: Logger | undefined) {
    this.#client = client;
    this.#logger = logger;
  }

  async wait(): Promise<void> {
    if (performance.now() > this.#nextSuspicion) {
      this.#nextSuspicion = performance.now() + SUSPICIOUS_AFTER;
      await this.#clearTheWay();
    }
    await sleep(Math.random() * this.#bound);
    this.#bound = Math.min(this.#bound * 2, LAST_BOUND);
  }

  async #clearTheWay(): Promise<void> {
    try {
      const ended = await endAbandonedTransactions(this.#client);
      if (ended > 0) this.#logger?.warn('transactions of processes that are gone were ended', { ended });
    } catch (error) {
      this.#logger?.warn('abandoned transactions could not be ended', { error });
    }
  }
}
