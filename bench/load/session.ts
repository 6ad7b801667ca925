import { DAY, type EpochMillis, floorTo } from '#domain/time/time';
import type { Running } from '../candidates/candidate.ts';
import { type ClosedLoopLimits, closeAll, closedLoop, type LoopResult } from './closed-loop.ts';
import { Fleet, type Mix } from './fleet.ts';
import type { LaneOptions } from './http-lanes.ts';
import type { Lane } from './lane.ts';
import { type OpenLoopPlan, type OpenLoopResult, openLoop } from './open-loop.ts';
import { batchesPerRound } from './request-pool.ts';

/** The number of readings per request, and of requests in flight. */
export interface Load {
  readonly name: string;
  readonly size: number;
  readonly connections: number;
  /** Whether each reading carries a member that the engine does not know. */
  readonly extraMember?: boolean;
}

export interface SessionOptions {
  readonly devices: number;
  readonly mix?: Mix;
  readonly start?: EpochMillis;
}

/**
 * One fleet posting to one candidate, load after load. Each load starts in the minute after the previous one, so that
 * no reading is ever sent twice and time only moves forward.
 */
export class Session {
  readonly running: Running;
  readonly fleet: Fleet;
  /** The number of readings answered with 2xx. */
  accepted = 0;
  #round = 0;

  constructor(running: Running, { devices, mix = 'alternating', start = aWeekAgo() }: SessionOptions) {
    this.running = running;
    this.fleet = new Fleet({ devices, mix, start });
  }

  /** Opens the lanes of a load, runs `use` and closes them. */
  async with<T>(load: Load, use: (run: LoadRun) => Promise<T>, options: Omit<LaneOptions, 'count'> = {}): Promise<T> {
    const plan = { fleet: this.fleet, size: load.size, firstRound: this.#round };
    const lanes = await this.running.lanes(plan, {
      ...options,
      count: load.connections,
      extraMember: load.extraMember ?? false,
    });
    const run = new LoadRun(lanes, load.size);
    try {
      return await use(run);
    } finally {
      closeAll(lanes);
      this.#round += Math.ceil(run.next / batchesPerRound(plan));
      this.accepted += run.accepted;
    }
  }
}

/** The lanes of one load. Loops run one after the other and never repeat a batch. */
export class LoadRun {
  readonly lanes: readonly Lane[];
  readonly size: number;
  next = 0;
  /** The number of readings answered with 2xx. */
  accepted = 0;

  constructor(lanes: readonly Lane[], size: number) {
    this.lanes = lanes;
    this.size = size;
  }

  /** `lanes` may be a subset. */
  async closed(limits: Omit<ClosedLoopLimits, 'first'>, lanes = this.lanes): Promise<LoopResult> {
    return this.#done(await closedLoop(lanes, { ...limits, first: this.next }));
  }

  async open(plan: Omit<OpenLoopPlan, 'first'>): Promise<OpenLoopResult> {
    return this.#done(await openLoop(this.lanes, { ...plan, first: this.next }));
  }

  #done<R extends LoopResult>(result: R): R {
    this.next = result.next;
    this.accepted += result.accepted * this.size;
    return result;
  }
}

/** Long enough ago that no load reaches the present. */
function aWeekAgo(): EpochMillis {
  return floorTo(DAY, Date.now()) - 7 * DAY;
}

/** Readings accepted per second in one loop. */
export function rate(result: LoopResult, size: number): number {
  return (result.acceptedInTime * size) / result.seconds;
}
