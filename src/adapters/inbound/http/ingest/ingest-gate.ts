import type { IncomingHttpHeaders } from 'node:http';
import { OverloadedError } from '#application/errors';
import type { IngestCapacity } from '#application/ports/ingest-capacity';
import { MAX_BATCH } from '../wire/batch-text.ts';

/** How much of a body's declared size is charged when it is admitted. The rest is charged as it arrives. */
const ENTRY_CHARGE_BYTES = 64 * 1024;
/**
 * Limit on the bytes charged at entry for all bodies being read, parsed or waiting for their commit. 3 MiB are some
 * 33,000 readings, half a second of work even while most requests are refused: an admitted request is answered soon,
 * and memory stays bounded.
 */
const MAX_ENTRY_BYTES = 3 * 1024 * 1024;
/**
 * Limit on the bytes charged later. It is separate, so that large bodies take nothing from small ones, and a body that
 * was declared but does not come takes next to nothing from any. One body is always admitted, however large.
 */
const MAX_REST_BYTES = 8 * 1024 * 1024;
/** Limit on concurrent requests. Each holds a connection, a promise and its place in the queue: about 10 KiB. */
const MAX_REQUESTS = 4_096;
const BYTES_PER_READING = 100;
/** Assumed ratio of inflated to compressed size: about what gzip achieves on telemetry. */
const TYPICAL_INFLATION = 16;

export interface IngestPass {
  /**
   * Charges the body for `bytes` in total, those read so far or at last the inflated size. Throws `OverloadedError` if
   * there is no room.
   */
  charge(bytes: number): void;
  /** Must be called when the request is answered. */
  leave(): void;
}

/** Refuses ingest requests under overload, before their bodies are read where possible: a refusal costs next to nothing. */
export class IngestGate {
  readonly #bodyLimit: number;
  readonly #capacity: IngestCapacity;
  #entryBytes = 0;
  #restBytes = 0;
  #requests = 0;

  constructor(bodyLimit: number, capacity: IngestCapacity) {
    this.#bodyLimit = bodyLimit;
    this.#capacity = capacity;
  }

  /** Admits a request; `undefined` if there is no room for it. */
  enter(headers: IncomingHttpHeaders): IngestPass | undefined {
    const expected = this.#expectedBytes(headers);
    let entry = Math.min(expected, ENTRY_CHARGE_BYTES);
    let rest = 0;
    if (
      this.#requests > 0 &&
      (this.#requests >= MAX_REQUESTS || this.#entryOverflows(entry) || this.isQueueFull(expected))
    ) {
      return undefined;
    }
    if (this.#restOverflows(expected - entry, rest)) return undefined;
    this.#requests++;
    this.#entryBytes += entry;
    return {
      charge: (bytes) => {
        const moreEntry = Math.max(0, Math.min(bytes, ENTRY_CHARGE_BYTES) - entry);
        const moreRest = Math.max(0, bytes - ENTRY_CHARGE_BYTES - rest);
        if (this.#entryOverflows(moreEntry) || this.#restOverflows(moreRest, rest)) {
          throw new OverloadedError('too many bodies are being read');
        }
        this.#entryBytes += moreEntry;
        this.#restBytes += moreRest;
        entry += moreEntry;
        rest += moreRest;
      },
      leave: () => {
        this.#requests--;
        this.#entryBytes -= entry;
        this.#restBytes -= rest;
      },
    };
  }

  /** Whether the queue has no room for the readings that a body of this size likely holds, at most a full batch. */
  isQueueFull(bytes: number): boolean {
    return !this.#capacity.hasRoomFor(Math.min(MAX_BATCH, Math.max(1, Math.floor(bytes / BYTES_PER_READING))));
  }

  /** The likely size of the body once inflated; 0 if its length is not declared. */
  #expectedBytes(headers: IncomingHttpHeaders): number {
    const declared = Number(headers['content-length'] ?? 0);
    if (headers['content-encoding'] === undefined) return declared;
    return Math.min(this.#bodyLimit, declared * TYPICAL_INFLATION);
  }

  #entryOverflows(more: number): boolean {
    return this.#entryBytes + more > MAX_ENTRY_BYTES;
  }

  /** `own` is what the body is already charged: a body that is alone may take as much as it needs. */
  #restOverflows(more: number, own: number): boolean {
    return more > 0 && this.#restBytes > own && this.#restBytes + more > MAX_REST_BYTES;
  }
}
