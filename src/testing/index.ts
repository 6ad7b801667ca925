/**
 * `energy-ingestion-engine/testing`: the suites that every store of the engine passes, to run on a store of your own,
 * and what tests need besides. Nothing here depends on a test runner: hand in the functions of yours.
 */
export { createMemoryRecords, createMemoryStore } from '#adapters/outbound/memory/memory-store';
export { type CrashOptions, telemetryCrashContract } from './contracts/crash/crash-contract.ts';
export { telemetryModelContract } from './contracts/model-contract.ts';
export { recordModelContract } from './contracts/record-model-contract.ts';
export { recordStoreContract } from './contracts/record-store-contract.ts';
export { telemetryStoreContract } from './contracts/telemetry-store-contract.ts';
export type { ModelOptions } from './fast-check.ts';
export { aLink } from './links.ts';
export { ManualClock } from './manual-clock.ts';
export { aMeterReading, aReading, aVehicleReading, type GivenReading, START } from './readings.ts';
export { seriesOf } from './series-of.ts';
export type { Capabilities, StoreUnderTest } from './store-under-test.ts';
export type { TestFunctions } from './test-functions.ts';
export { closeHours } from './upkeep.ts';
export { aWarning, aWatch } from './warnings.ts';
