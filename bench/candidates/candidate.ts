import type { EngineStore } from '#application/ports/engine-store';
import type { LaneOptions } from '../load/http-lanes.ts';
import type { Lane } from '../load/lane.ts';
import type { BatchPlan } from '../load/request-pool.ts';

/** A started candidate with an empty store. */
export interface Running {
  lanes(plan: BatchPlan, options: LaneOptions): Promise<Lane[]>;
  /** The number of stored readings; absent where new readings are counted late. */
  countReadings?(): Promise<number>;
  /** The loopback port of its HTTP server. */
  readonly port?: number;
  /** The process whose memory is measured. */
  readonly pid?: number;
  /** The bytes that its data occupies on disk now. */
  diskBytes?(): Promise<number>;
  /** Opens its store read-only beside the running process; the caller closes it. */
  openStore?(): Promise<EngineStore>;
  /** Stops the process and starts another on the same data. The result replaces this object. */
  restart?(): Promise<Running>;
  /** Stops everything started for it and deletes its data. */
  stop(): Promise<void>;
}

/** The loads that make sense for a candidate. */
export type Capability = 'single' | 'batch' | 'extra-member';

/** The engine, or something it is compared with. */
export interface Candidate {
  readonly name: string;
  readonly label: string;
  /** What an acknowledgement guarantees. */
  readonly durability: string;
  readonly capabilities: readonly Capability[];
  /** Seconds of load before each measurement, if the default is too short, as for a JVM. */
  readonly warmUpSeconds?: number;
  /** Its version, or why it cannot run here and what to install. */
  find(): Promise<{ version: string } | { missing: string }>;
  /** Starts it with an empty store in a new directory below `parentDir`. */
  start(parentDir?: string): Promise<Running>;
}
