import { OverloadedError } from '#application/errors';

/**
 * Most bytes of request bodies that are being read, parsed or waiting for their commit at once. 8 MiB are some 75,000
 * readings, less than a second of work even while most of what comes is refused: what is let in is answered soon, and
 * memory stays bounded. One body always gets in, however large.
 */
const MAX_BYTES = 8 * 1024 * 1024;
/** Most requests at once; each holds a connection, a promise and its place in the queue, some 10 KiB. */
const MAX_REQUESTS = 4_096;
/** How many times larger than sent a compressed body is taken to be: about what gzip does to telemetry. */
const TYPICAL_INFLATION = 16;

/** A request that was let in. */
export interface IngestPass {
  /** Says how much of a body of unknown length has arrived. Throws `OverloadedError` when there is no room for it. */
  arrived(bytes: number): void;
  /** To be called when the request is answered. */
  leave(): void;
}

/** Turns ingest requests away before their bodies are read, so that refusing costs next to nothing. */
export class IngestGate {
  readonly #bodyLimit: number;
  readonly #isQueueFull: () => boolean;
  #bytes = 0;
  #requests = 0;

  constructor(bodyLimit: number, isQueueFull: () => boolean) {
    this.#bodyLimit = bodyLimit;
    this.#isQueueFull = isQueueFull;
  }

  /** Lets a request in, or gives `undefined` when there is no room. */
  enter(request: Request): IngestPass | undefined {
    const isCompressed = request.headers.get('content-encoding') !== null;
    const weightOf = (bytes: number) => Math.min(this.#bodyLimit, isCompressed ? bytes * TYPICAL_INFLATION : bytes);
    let weight = weightOf(Number(request.headers.get('content-length') ?? 0)); // of an unknown length 0 until it arrives
    if (this.#requests > 0 && (this.#requests >= MAX_REQUESTS || this.#overflows(weight) || this.#isQueueFull())) {
      return undefined;
    }
    this.#requests++;
    this.#bytes += weight;
    return {
      arrived: (bytes) => {
        const more = Math.max(0, weightOf(bytes) - weight);
        if (this.#requests > 1 && this.#overflows(more)) throw new OverloadedError('too many bodies are being read');
        this.#bytes += more;
        weight += more;
      },
      leave: () => {
        this.#requests--;
        this.#bytes -= weight;
      },
    };
  }

  #overflows(more: number): boolean {
    return this.#bytes + more > MAX_BYTES;
  }
}
