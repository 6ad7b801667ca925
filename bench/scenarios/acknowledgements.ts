import { NO_ANSWER, type Reply } from '../load/http-connection.ts';
import { isAccepted } from '../load/lane.ts';

const STORE_UNAVAILABLE = 'problem:store-unavailable"';

export interface Account {
  /** The numbers of the batches answered with 2xx. */
  readonly acknowledged: readonly number[];
  /** Batches without an answer, or with a store that did not answer in time: they may or may not be stored. */
  readonly unconfirmed: number;
  readonly refusedWithoutRetryAfter: number;
}

/** Records what the engine acknowledges and, once closed, what it then reports as duplicates. */
export class Acknowledgements {
  readonly #batchSize: number;
  readonly #acknowledged: number[] = [];
  #unconfirmed = 0;
  #refusedWithoutRetryAfter = 0;
  #closed = false;
  /** The number of readings reported as duplicates after `close`. */
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
    if (stored !== this.#batchSize) throw new Error(`a batch was acknowledged but not stored completely: ${body}`);
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
