import type { StoreLifecycle } from '#application/ports/store-lifecycle';

/** What a store can do beyond the ports. Cases that need more than it declares are reported as skipped, with the reason. */
export interface Capabilities {
  /** What was acknowledged is still there when the place is opened again, however the process before it ended. */
  readonly durable: boolean;
  /** Several stores, in one process or in several, may have the same place open at once and all write. */
  readonly multiWriter: boolean;
  /** The store keeps hourly sums: `upkeep.rollups`. */
  readonly rollups: boolean;
  /** The store can drop old history: `upkeep.retention`. */
  readonly retention: boolean;
  /** The store remembers the time between processes: `upkeep.time`. Absent: it does not. */
  readonly time?: boolean;
}

/** Why a case is skipped when a capability is missing. */
export const MISSING: Readonly<Record<keyof Capabilities, string>> = {
  durable: 'the store is not durable',
  multiWriter: 'only one store at a time may have a place open',
  rollups: 'the store keeps no hourly sums',
  retention: 'the store never drops history',
  time: 'the store does not remember the time',
};

/** The store that a suite tests. */
export interface StoreUnderTest<Store extends StoreLifecycle> {
  /** Its name in the titles of the tests. */
  readonly name: string;
  readonly capabilities: Capabilities;
  /**
   * Opens the store at a place: an existing directory of its own for every case, empty at first. A store that needs no
   * files may use its name, which is unique, for example for a database. Opening a place again must open the same data,
   * if the store is durable.
   */
  open(place: string): Promise<Store>;
  /** Removes what the store kept outside of the directory. Called once for each place, when its stores are closed. */
  discard?(place: string): Promise<void>;
}
