import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { closeAll, type LoopResult } from './closed-loop.ts';
import { Fifo } from './fifo.ts';
import { isAccepted, type Lane } from './lane.ts';
import { Latencies } from './latencies.ts';

export interface OpenLoopPlan {
  /** Batches due each second, whether or not earlier ones were answered. */
  readonly rate: number;
  readonly seconds: number;
  /** The number of the first batch. */
  readonly first?: number;
  /** How many due batches may wait for a free lane; any more are dropped and counted as unsent. */
  readonly maxWaiting: number;
  /** How long to wait for answers after the last batch was due. */
  readonly drainSeconds: number;
  readonly onAnswer?: (number: number, status: number) => void;
}

/** `seconds` runs until the last answer. */
export interface OpenLoopResult extends LoopResult {
  readonly due: number;
  /** Dropped because too many were waiting for a lane, or still waiting at the end of the drain. */
  readonly unsent: number;
  /** Accepted batches, in milliseconds from being sent; `latencies` are measured from when they were due. */
  readonly fromSending: Latencies;
  /** Refused batches, in milliseconds from being sent. */
  readonly refusals: Latencies;
}

/** Batches are due in groups, one group per tick, as devices post in bursts. */
const TICK_MILLISECONDS = 5;
/**
 * How late timers fire on an idle machine. The loop spins for this long before each tick, so that the delay is not
 * counted as latency. Spinning for longer would take a core away from the candidate.
 */
const TIMER_SLACK_MILLISECONDS = 1;

/**
 * Sends at a fixed rate and measures from the intended send time, so that a stalled server makes every batch slow that
 * was due meanwhile, not only the one it stalled on.
 */
export function openLoop(lanes: readonly Lane[], plan: OpenLoopPlan): Promise<OpenLoopResult> {
  return new OpenLoop(lanes, plan).run();
}

class OpenLoop {
  readonly #lanes: readonly Lane[];
  readonly #plan: OpenLoopPlan;
  readonly #free: Lane[];
  /** When each waiting batch was due, on the clock of `performance.now()`. */
  readonly #waiting = new Fifo<number>();
  readonly #inFlight = new Set<Promise<void>>();
  readonly #latencies = new Latencies();
  readonly #fromSending = new Latencies();
  readonly #refusals = new Latencies();
  readonly #refused = new Map<number, number>();
  readonly #first: number;
  #due = 0;
  #sent = 0;
  #accepted = 0;

  constructor(lanes: readonly Lane[], plan: OpenLoopPlan) {
    this.#lanes = lanes;
    this.#plan = plan;
    this.#free = [...lanes];
    this.#first = plan.first ?? 0;
  }

  async run(): Promise<OpenLoopResult> {
    const start = performance.now();
    const total = Math.round(this.#plan.rate * this.#plan.seconds);
    while (this.#due < total) {
      await until(start + this.#dueAfter());
      this.#enqueueDue(start, total);
      this.#dispatch();
    }
    await this.#drain();
    return {
      seconds: (performance.now() - start) / 1000,
      accepted: this.#accepted,
      acceptedInTime: this.#accepted,
      refused: this.#refused,
      next: this.#first + this.#sent,
      latencies: this.#latencies,
      due: this.#due,
      unsent: this.#due - this.#sent,
      fromSending: this.#fromSending,
      refusals: this.#refusals,
    };
  }

  #enqueueDue(start: number, total: number): void {
    const now = performance.now();
    for (; this.#due < total; this.#due++) {
      const at = start + this.#dueAfter();
      if (at > now) return;
      if (this.#waiting.length < this.#plan.maxWaiting) this.#waiting.push(at);
    }
  }

  /** When the next batch is due, in milliseconds from the start. */
  #dueAfter(): number {
    return wholeTicks((this.#due / this.#plan.rate) * 1000);
  }

  #dispatch(): void {
    while (this.#waiting.length > 0) {
      const lane = this.#free.pop();
      if (lane === undefined) return;
      const driven: Promise<void> = this.#drive(lane).finally(() => this.#inFlight.delete(driven));
      this.#inFlight.add(driven);
    }
  }

  async #drive(lane: Lane): Promise<void> {
    for (let due = this.#waiting.shift(); due !== undefined; due = this.#waiting.shift()) {
      const sentAt = performance.now();
      const number = this.#first + this.#sent++;
      const status = await lane.send(number);
      this.#answered(status, due, sentAt);
      this.#plan.onAnswer?.(number, status);
    }
    this.#free.push(lane);
  }

  #answered(status: number, dueAt: number, sentAt: number): void {
    const now = performance.now();
    if (isAccepted(status)) {
      this.#accepted++;
      this.#latencies.record(now - dueAt);
      this.#fromSending.record(now - sentAt);
    } else {
      this.#refused.set(status, (this.#refused.get(status) ?? 0) + 1);
      this.#refusals.record(now - sentAt);
    }
  }

  async #drain(): Promise<void> {
    const giveUp = setTimeout(() => {
      this.#waiting.clear();
      closeAll(this.#lanes);
    }, this.#plan.drainSeconds * 1000);
    while (this.#inFlight.size > 0) await Promise.all(this.#inFlight);
    clearTimeout(giveUp);
  }
}

async function until(time: number): Promise<void> {
  const rest = time - performance.now();
  if (rest > TIMER_SLACK_MILLISECONDS) await sleep(rest - TIMER_SLACK_MILLISECONDS);
  while (performance.now() < time) await nextTurn();
}

function wholeTicks(milliseconds: number): number {
  return Math.ceil(milliseconds / TICK_MILLISECONDS) * TICK_MILLISECONDS;
}
