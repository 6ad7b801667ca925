import { OverloadedError } from '#application/errors';
import type { IngestCapacity } from '#application/ports/ingest-capacity';
import { clientNetwork } from '../client/client-network.ts';
import { ArrivingBodies } from './arriving-bodies.ts';
import { BodyPass, type Client, type DropReason } from './body-pass.ts';
import { GATE_LIMITS, type GateLimits, RESERVE, RESERVED_READINGS, SMALL_BODY_BYTES } from './gate-limits.ts';
import { checkPace, leastUsefulFirst } from './slow-bodies.ts';
import { headOf, restOf, Usage } from './usage.ts';

/** A request that asks to send its body. */
export interface Entry {
  /** The likely size of the body once inflated; 0 if it is not known. */
  readonly expectedBytes: number;
  /** The address that the request comes from; `undefined` in the same process. */
  readonly address?: string | undefined;
  /** The queue that the readings in the body go to; absent when it has none. */
  readonly queue?: IngestCapacity | undefined;
}

const BYTES_PER_READING = 100;
/** When slow bodies are dropped, this part of the room becomes free, so that they are not sorted for each chunk. */
const FREED_PART = 1 / 32;
/** Each drop is answered, which takes some 100 us: with more at once the event loop would be held. */
const MAX_DROPS_AT_ONCE = 128;

/**
 * Admits the bodies of requests, and charges each for what has arrived, not for what was declared.
 *
 * Bodies that arrive promptly, or wait for their answer, share one room. When it is full, further requests are refused,
 * before their bodies are read where possible: a refusal costs next to nothing. A body that pauses or takes long moves
 * to a second room within moments, so that slow senders take nothing from others, however many there are. When that
 * room is full, slow bodies are dropped; a body that stalls is dropped in any case.
 */
export class BodyGate {
  readonly #maxReadings: number;
  readonly #limits: GateLimits;
  readonly #usage = new Usage();
  /** Clients seen since the last check, and those that hold anything. */
  readonly #clients = new Map<string, Client>();
  readonly #arriving = new ArrivingBodies();
  #checks: NodeJS.Timeout | undefined;
  #lastCheck = 0;

  /** `maxReadings`: how many readings a body can have at most, whatever its size. */
  constructor(maxReadings: number, limits: Partial<GateLimits> = {}) {
    this.#maxReadings = maxReadings;
    this.#limits = { ...GATE_LIMITS, ...limits };
  }

  /** Admits a request; `undefined` if there is no room for it. The only one is always admitted: a retry can succeed. */
  enter({ expectedBytes, address, queue }: Entry): BodyPass | undefined {
    const client = this.#clientOf(clientNetwork(address));
    const isAlone = this.#usage.requests === 0;
    if (!isAlone && queue !== undefined && this.isQueueFull(queue, client, expectedBytes)) return undefined;
    if (!this.#hasRoomFor(client, expectedBytes)) {
      this.#checkSoon();
      if (!this.#hasRoomFor(client, expectedBytes)) return undefined;
    }
    const pass = new BodyPass(this, client, this.#limits.maxStall);
    this.#usage.add(pass);
    client.usage.add(pass);
    this.#arriving.add(pass);
    return pass;
  }

  /** Whether the queue has no room for the readings that a body of this size likely has. */
  isQueueFull(queue: IngestCapacity, { usage }: Client, bytes: number): boolean {
    const readings = Math.min(this.#maxReadings, Math.max(1, Math.floor(bytes / BYTES_PER_READING)));
    const isLight = usage.headBytes < RESERVE * this.#limits.headBytes;
    return !queue.hasRoomFor(isLight ? readings : readings + RESERVED_READINGS);
  }

  /** See `BodyPass.charge`. */
  charge(pass: BodyPass, bytes: number): void {
    if (pass.hasLeft || bytes <= pass.bytes) return;
    if (!pass.isSlow) {
      const moreHead = headOf(bytes) - headOf(pass.bytes);
      const moreRest = restOf(bytes) - restOf(pass.bytes);
      if (
        this.#headOverflows(pass.client, moreHead, bytes) ||
        this.#restOverflows(pass.client, moreRest, restOf(pass.bytes))
      ) {
        throw tooManyBodies();
      }
    }
    this.#usage.grow(pass, bytes);
    pass.client.usage.grow(pass, bytes);
    pass.bytes = bytes;
    if (pass.isSlow) this.#dropSlowBodies();
    if (pass.isSlow && this.#usage.slowBytes > this.#limits.slowBytes) throw tooManyBodies();
  }

  /** See `BodyPass.complete`. A slow body returns to the first room even if that is full: it has cost enough already. */
  complete(pass: BodyPass): void {
    this.#arriving.delete(pass);
    if (!pass.hasLeft) this.#move(pass, { isSlow: false });
  }

  /** See `BodyPass.leave`. */
  leave(pass: BodyPass): void {
    if (pass.hasLeft) return;
    pass.hasLeft = true;
    this.#arriving.delete(pass);
    this.#usage.remove(pass);
    pass.client.usage.remove(pass);
  }

  #clientOf(network: string): Client {
    const known = this.#clients.get(network);
    if (known !== undefined) return known;
    const client = { network, usage: new Usage() };
    this.#clients.set(network, client);
    this.#checks ??= this.#startChecks();
    return client;
  }

  #hasRoomFor(client: Client, bytes: number): boolean {
    if (this.#restOverflows(client, restOf(bytes), 0)) return false;
    return (
      this.#usage.requests === 0 || !(this.#isCrowded(client) || this.#headOverflows(client, headOf(bytes), bytes))
    );
  }

  #isCrowded({ usage }: Client): boolean {
    const { requests } = this.#limits;
    return this.#usage.requests >= requests + (usage.requests < RESERVE * requests ? RESERVE * requests : 0);
  }

  #headOverflows({ usage }: Client, more: number, bytes: number): boolean {
    const { headBytes } = this.#limits;
    const reserve = RESERVE * headBytes;
    const isLight = usage.headBytes < reserve;
    const limit = headBytes + (isLight ? reserve : 0) + (bytes <= SMALL_BODY_BYTES ? reserve : 0);
    return more > 0 && this.#usage.headBytes + more > limit;
  }

  /** `own` is what the body is already charged: a large body that is alone may take as much as it needs. */
  #restOverflows({ usage }: Client, more: number, own: number): boolean {
    const { restBytes } = this.#limits;
    const isLight = usage.restBytes - own < RESERVE * restBytes;
    const limit = restBytes + (isLight ? RESERVE * restBytes : 0);
    return more > 0 && this.#usage.restBytes > own && this.#usage.restBytes + more > limit;
  }

  #move(pass: BodyPass, { isSlow }: { readonly isSlow: boolean }): void {
    if (pass.isSlow === isSlow) return;
    for (const usage of [this.#usage, pass.client.usage]) usage.remove(pass);
    pass.isSlow = isSlow;
    for (const usage of [this.#usage, pass.client.usage]) usage.add(pass);
  }

  #startChecks(): NodeJS.Timeout {
    this.#lastCheck = performance.now();
    return setInterval(() => this.#check(), this.#limits.checkInterval).unref();
  }

  /** Before a request is refused: bodies that have stopped may be in its way. */
  #checkSoon(): void {
    if (performance.now() - this.#lastCheck >= this.#limits.checkInterval / 4) this.#check();
  }

  #check(): void {
    const now = performance.now();
    // While the event loop was held, nothing could be received: that is not the senders' fault.
    const elapsed = Math.min(now - this.#lastCheck, 2 * this.#limits.checkInterval);
    this.#lastCheck = now;
    for (const pass of this.#arriving.list()) {
      const pace = checkPace(pass, elapsed, this.#limits);
      if (pace === 'stalled') this.#drop(pass, 'stalled');
      else if (pace === 'slow') this.#move(pass, { isSlow: true });
    }
    this.#dropSlowBodies();
    for (const { network, usage } of this.#clients.values()) if (usage.isNone) this.#clients.delete(network);
    if (this.#clients.size > 0) return;
    clearInterval(this.#checks);
    this.#checks = undefined;
  }

  #dropSlowBodies(): void {
    const { slowBytes, slowBodies } = this.#limits;
    if (this.#usage.slowBytes <= slowBytes && this.#usage.slowBodies <= slowBodies) return;
    const kept = 1 - FREED_PART;
    const slow = this.#arriving.list().filter(({ isSlow }) => isSlow);
    for (const pass of leastUsefulFirst(slow, this.#limits).slice(0, MAX_DROPS_AT_ONCE)) {
      if (this.#usage.slowBytes <= kept * slowBytes && this.#usage.slowBodies <= kept * slowBodies) break;
      this.#drop(pass, 'crowded-out');
    }
  }

  #drop(pass: BodyPass, reason: DropReason): void {
    const { onDrop } = pass;
    this.leave(pass);
    onDrop?.(reason);
  }
}

function tooManyBodies(): OverloadedError {
  return new OverloadedError('too many bodies are being read');
}
