import type { Millis } from '#domain/time/time';
import type { Usage } from './usage.ts';

/** Why a body is dropped while it arrives: it stalled, or others needed the room that it took. */
export type DropReason = 'stalled' | 'crowded-out';

/** One client and what its bodies take. */
export interface Client {
  readonly network: string;
  readonly usage: Usage;
}

/** What the gate does for a body that it has admitted. */
export interface PassKeeper {
  charge(pass: BodyPass, bytes: number): void;
  complete(pass: BodyPass): void;
  leave(pass: BodyPass): void;
}

/** The place of one admitted body, with what the gate remembers about it. */
export class BodyPass {
  readonly client: Client;
  readonly #gate: PassKeeper;
  /** Set by the reader of the body. Called at most once, when the gate takes the place away before `complete`. */
  onDrop: ((reason: DropReason) => void) | undefined;
  /** Bytes charged so far. */
  bytes = 0;
  isSlow = false;
  hasLeft = false;
  /** Its place among the arriving bodies; -1 if it is not one of them. */
  place = -1;
  /** How much longer the body may stall. */
  remainingStall: Millis;
  /** Checks since it was admitted, and `bytes` at the last of them. */
  checks = 0;
  checkedBytes = 0;
  /** What has arrived in the last seconds; older bytes count for less. */
  recentBytes = 0;

  constructor(gate: PassKeeper, client: Client, remainingStall: Millis) {
    this.#gate = gate;
    this.client = client;
    this.remainingStall = remainingStall;
  }

  /**
   * Charges the body for `bytes` in total: those that have arrived, or at last the inflated size. Throws
   * `OverloadedError` if there is no room.
   */
  charge(bytes: number): void {
    this.#gate.charge(this, bytes);
  }

  /** Call it when the body has arrived completely: from then on it cannot stall, and is not dropped. */
  complete(): void {
    this.#gate.complete(this);
  }

  /** Call it when the request is answered. A second call has no effect. */
  leave(): void {
    this.#gate.leave(this);
  }
}
