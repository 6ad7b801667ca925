import type { TelemetryStore } from '#application/ports/telemetry-store';

/** The adapter that a contract suite tests. */
export interface StoreUnderTest {
  /** The adapter's name in test titles. */
  readonly name: string;
  /**
   * `false` for a store that counts from its readings and keeps no hourly sums: instead of the cases about closing
   * hours, it must pass one that no hour is ever unclosed.
   */
  readonly rollups?: false;
  /** Opens an empty store that shares nothing with the stores opened before. */
  open(): Promise<TelemetryStore>;
}
