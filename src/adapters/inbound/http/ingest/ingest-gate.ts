import type { IncomingHttpHeaders } from 'node:http';
import { OverloadedError } from '#application/errors';
import { MAX_BATCH } from '../wire/batch-text.ts';

/** What of a body is charged when it is let in: what it declares, up to this much. The rest is charged as it arrives. */
const CHARGED_AT_ENTRY = 64 * 1024;
/**
 * Most bytes of request bodies that are being read, parsed or waiting for their commit at once, of what is charged at
 * entry. 3 MiB are some 33,000 readings, half a second of work even while most of what comes is refused: what is let
 * in is answered soon, and memory stays bounded.
 */
const MAX_ENTRY_BYTES = 3 * 1024 * 1024;
/**
 * The same for what is charged later, so that large bodies take nothing from small ones, and one that was declared and does
 * not come takes next to nothing from anybody. One body always gets in, however large.
 */
const MAX_REST_BYTES = 8 * 1024 * 1024;
/** Most requests at once; each holds a connection, a promise and its place in the queue, some 10 KiB. */
const MAX_REQUESTS = 4_096;
/** What a reading takes in JSON. */
const READING_BYTES = 100;
/** How many times larger than sent a compressed body is taken to be: about what gzip does to telemetry. */
const TYPICAL_INFLATION = 16;

/** A request that was let in. */
export interface IngestPass {
  /** Says how much of the body is there, in the end inflated. Throws `OverloadedError` when there is no room for it. */
  arrived(bytes: number): void;
  /** To be called when the request is answered. */
  leave(): void;
}

/** Turns ingest requests away, before their bodies are read whenever it can, so that refusing costs next to nothing. */
export class IngestGate {
  readonly #bodyLimit: number;
  readonly #isQueueFull: (readings: number) => boolean;
  #entryBytes = 0;
  #restBytes = 0;
  #requests = 0;

  constructor(bodyLimit: number, isQueueFull: (readings: number) => boolean) {
    this.#bodyLimit = bodyLimit;
    this.#isQueueFull = isQueueFull;
  }

  /** Lets a request in, or gives `undefined` when there is no room. */
  enter(headers: IncomingHttpHeaders): IngestPass | undefined {
    const expected = this.#expectedBytes(headers);
    let entry = Math.min(expected, CHARGED_AT_ENTRY);
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
      arrived: (bytes) => {
        const moreEntry = Math.max(0, Math.min(bytes, CHARGED_AT_ENTRY) - entry);
        const moreRest = Math.max(0, bytes - CHARGED_AT_ENTRY - rest);
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

  /** Whether the queue has no room for what a body of this size is likely to hold; never more than a batch may. */
  isQueueFull(bytes: number): boolean {
    return this.#isQueueFull(Math.min(MAX_BATCH, Math.max(1, Math.floor(bytes / READING_BYTES))));
  }

  /** What the body is likely to be in the end; 0 when it does not tell its length. */
  #expectedBytes(headers: IncomingHttpHeaders): number {
    const declared = Number(headers['content-length'] ?? 0);
    if (headers['content-encoding'] === undefined) return declared;
    return Math.min(this.#bodyLimit, declared * TYPICAL_INFLATION);
  }

  #entryOverflows(more: number): boolean {
    return this.#entryBytes + more > MAX_ENTRY_BYTES;
  }

  /** `own` is what the body has of it already: alone it may have as much as it needs. */
  #restOverflows(more: number, own: number): boolean {
    return more > 0 && this.#restBytes > own && this.#restBytes + more > MAX_REST_BYTES;
  }
}
