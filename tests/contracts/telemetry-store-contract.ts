import { coldStoreContract } from './cold-store-contract.ts';
import { hotStoreContract } from './hot-store-contract.ts';
import { linkRepositoryContract } from './link-repository-contract.ts';
import { retentionContract } from './retention-contract.ts';
import { rollupContract } from './rollup-contract.ts';
import type { StoreUnderTest } from './store-under-test.ts';
import { telemetryWriterContract } from './telemetry-writer-contract.ts';
import { warningRepositoryContract } from './warning-repository-contract.ts';

/** Everything that an adapter must do to be a store of this engine. Run it on yours. */
export function telemetryStoreContract(store: StoreUnderTest): void {
  telemetryWriterContract(store);
  hotStoreContract(store);
  coldStoreContract(store);
  rollupContract(store);
  retentionContract(store);
  linkRepositoryContract(store);
  warningRepositoryContract(store);
}
