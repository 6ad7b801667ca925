import type { TelemetryStore } from '#application/ports/telemetry-store';
import type { StoreUnderTest } from '../store-under-test.ts';
import type { TestFunctions } from '../test-functions.ts';
import { atomicContract } from './atomic-contract.ts';
import { coldStoreContract } from './cold-store-contract.ts';
import { concurrencyContract } from './concurrency-contract.ts';
import { hotStoreContract } from './hot-store-contract.ts';
import { telemetryLifecycleContract } from './lifecycle-contract.ts';
import { minutesContract } from './minutes-contract.ts';
import { retentionContract } from './retention-contract.ts';
import { rollupContract } from './rollup-contract.ts';
import { writerContract } from './writer-contract.ts';

/**
 * Everything that an adapter must do to store the readings of this engine, case by case. Call it in a test file, with
 * the test functions of your runner. The cases cover every stream that the engine has.
 *
 * Beside it stand `telemetryModelContract`, which tries random histories, and `telemetryCrashContract`, which kills
 * processes: a durable store should pass all three.
 */
export function telemetryStoreContract(test: TestFunctions, subject: StoreUnderTest<TelemetryStore>): void {
  telemetryLifecycleContract(test, subject);
  writerContract(test, subject);
  atomicContract(test, subject);
  concurrencyContract(test, subject);
  hotStoreContract(test, subject);
  coldStoreContract(test, subject);
  minutesContract(test, subject);
  rollupContract(test, subject);
  retentionContract(test, subject);
}
