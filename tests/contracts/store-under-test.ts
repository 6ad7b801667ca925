import type { TelemetryStore } from '#application/ports/telemetry-store';

/** How a contract suite gets hold of the adapter it judges. */
export interface StoreUnderTest {
  /** The adapter's name in test titles. */
  readonly name: string;
  /** Opens an empty store that shares nothing with those opened before. */
  open(): Promise<TelemetryStore>;
}
