import type { TelemetryStore } from '#application/ports/telemetry-store';
import type { LaneOptions } from '../load/http-lanes.ts';
import type { Lane } from '../load/lane.ts';
import type { BatchPlan } from '../load/request-pool.ts';

/** A started candidate with an empty store. */
export interface Running {
  lanes(plan: BatchPlan, options: LaneOptions): Promise<Lane[]>;
  /** Readings it holds, where it can tell soon after writing. */
  countReadings?(): Promise<number>;
  /** The loopback port it answers HTTP on. */
  readonly port?: number;
  /** The process that serves, for its memory. */
  readonly pid?: number;
  /** Bytes its data take on disk now. */
  diskBytes?(): Promise<number>;
  /** Its store, opened beside it for reading; whoever opens it closes it. */
  openStore?(): Promise<TelemetryStore>;
  /** Stops the process that serves and starts another on the same data. What it resolves with takes the place of this. */
  restart?(): Promise<Running>;
  /** Stops everything that was started for it and removes its data. */
  stop(): Promise<void>;
}

/** Which loads make sense for a candidate. */
export type Capability = 'single' | 'batch' | 'extra-member';

/** Something that is measured beside the engine, or the engine itself. */
export interface Candidate {
  readonly name: string;
  readonly label: string;
  /** What its answer promises. */
  readonly durability: string;
  readonly capabilities: readonly Capability[];
  /** Seconds of load before each measurement when the usual are too few, as for a JVM. */
  readonly warmUpSeconds?: number;
  /** Its version; or why it cannot run here, with what to install. */
  find(): Promise<{ version: string } | { missing: string }>;
  /** `parentDir` is where its data may lie. */
  start(parentDir?: string): Promise<Running>;
}
