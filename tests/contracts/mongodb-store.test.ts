import { openMongoDbStore } from '#adapters/outbound/mongodb/mongodb-store';
import { temporaryDatabase } from '#tests/support/mongodb-database';
import { telemetryStoreContract } from './telemetry-store-contract.ts';

telemetryStoreContract({
  name: 'MongoDB',
  open: () => openMongoDbStore(temporaryDatabase()),
});
