import { type Millis, SECOND } from '#domain/time/time';

const MIB = 1024 * 1024;

/** What bodies may take together, and how slow one may be. */
export interface GateLimits {
  /** Bytes of the heads (the first 64 KiB) of all bodies that arrive promptly or wait for their answer. */
  readonly headBytes: number;
  /** Bytes that large bodies among them have beyond their heads. One large body is always admitted. */
  readonly restBytes: number;
  /** The number of these bodies. */
  readonly requests: number;
  /** Bytes of the bodies that arrive slowly, and their number. Beyond that, some of them are dropped. */
  readonly slowBytes: number;
  readonly slowBodies: number;
  /** The minimum rate of a body, in bytes per second. */
  readonly minRate: number;
  /** How long a body may stall. What it sends faster than at the minimum rate restores this time, but not beyond it. */
  readonly maxStall: Millis;
  /** How often progress is checked. A body that has not moved between two checks is slow. */
  readonly checkInterval: Millis;
}

export const GATE_LIMITS: GateLimits = {
  // Some 33,000 readings, half a second of work even while most requests are refused: an admitted request is answered
  // soon, and memory stays bounded.
  headBytes: 3 * MIB,
  // Some 20 full batches. Separate, so that large bodies take nothing from small ones.
  restBytes: 8 * MIB,
  // Each holds a connection, a promise and its place in the queue: about 10 KiB.
  requests: 4_096,
  // Two of the largest bodies, or 180 batches of a thousand readings.
  slowBytes: 16 * MIB,
  slowBodies: 4_096,
  // Half of what the slowest modems in use send. Apache's default is 500 bytes per second, Kestrel's 240.
  minRate: 1_000,
  // A mobile connection that has lost packets, or changes its cell, goes on sooner.
  maxStall: 10 * SECOND,
  checkInterval: 100,
};

/**
 * The part of each limit that may be used on top of it by a client that holds less than this part of the limit, and of
 * `headBytes` by small bodies, too. A client that fills the room finds it full while others still get in; a client that
 * is alone has the whole limit.
 */
export const RESERVE = 1 / 4;
/** A body up to this size is small: one reading, or a few. */
export const SMALL_BODY_BYTES = 4 * 1024;
/** Readings for which clients that hold more than their part leave room in the queue: two usual batches. */
export const RESERVED_READINGS = 2_000;
