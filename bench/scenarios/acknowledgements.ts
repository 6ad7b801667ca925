import { NO_ANSWER, type Reply } from '../load/http-connection.ts';
import { isAccepted } from '../load/lane.ts';

const STORE_UNAVAILABLE = 'problem:store-unavailable"';

export interface Account {
  /** Numbers of the batches that were answered with 2xx. */
  readonly acknowledged: readonly number[];
  /** Batches without an answer, or of which the store was not heard in time: they may or may not be stored. */
  readonly unconfirmed: number;
  readonly refusedWithoutRetryAfter: number;
}

/** Keeps account of what the engine acknowledged and, once closed, of what it then calls a duplicate. */
export class Acknowledgements {
  readonly #batchSize: number;
  readonly #acknowledged: number[] = [];
  #unconfirmed = 0;
  #refusedWithoutRetryAfter = 0;
  #closed = false;
  /** Readings that were answered as duplicates after `close`. */
  duplicates = 0;

  constructor(batchSize: number) {
    this.#batchSize = batchSize;
  }

  readonly onReply = (number: number, reply: Reply): void => {
    if (this.#closed) this.duplicates += duplicatesIn(reply);
    else if (isAccepted(reply.status)) this.#acknowledge(number, reply);
    else if (reply.status === NO_ANSWER || reply.body.includes(STORE_UNAVAILABLE)) this.#unconfirmed++;
    else if (!reply.head.includes('\r\nretry-after: ')) this.#refusedWithoutRetryAfter++;
  };

  close(): Account {
    this.#closed = true;
    return {
      acknowledged: this.#acknowledged,
      unconfirmed: this.#unconfirmed,
      refusedWithoutRetryAfter: this.#refusedWithoutRetryAfter,
    };
  }

  #acknowledge(number: number, { body }: Reply): void {
    const { stored } = JSON.parse(body) as BatchAnswer;
    if (stored !== this.#batchSize) throw new Error(`a batch that was sent once was not stored whole: ${body}`);
    this.#acknowledged.push(number);
  }
}

interface BatchAnswer {
  readonly stored: number;
  readonly duplicates: number;
}

function duplicatesIn({ status, body }: Reply): number {
  return isAccepted(status) ? (JSON.parse(body) as BatchAnswer).duplicates : 0;
}
