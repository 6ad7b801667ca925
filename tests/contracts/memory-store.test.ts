import { describe, it } from 'vitest';
import { createMemoryStore } from '#adapters/outbound/memory/memory-store';
import {
  recordModelContract,
  recordStoreContract,
  telemetryModelContract,
  telemetryStoreContract,
} from '#testing/index';

const memory = {
  name: 'memory',
  capabilities: { durable: false, multiWriter: false, rollups: false, retention: true, time: true },
  open: async () => createMemoryStore(),
};

telemetryStoreContract({ describe, it }, memory);
telemetryModelContract({ describe, it }, memory, { runs: 200 });
recordStoreContract({ describe, it }, memory);
recordModelContract({ describe, it }, memory, { runs: 200 });
