import { describe, it } from 'vitest';
import { GroupCommitWriter } from '#adapters/outbound/batching/group-commit-writer';
import { createMemoryStore } from '#adapters/outbound/memory/memory-store';
import { telemetryStoreContract } from '#testing/index';

telemetryStoreContract(
  { describe, it },
  {
    name: 'group commit around memory',
    capabilities: { durable: false, multiWriter: false, rollups: false, retention: true, time: true },
    open: async () => {
      const store = createMemoryStore();
      return { ...store, writer: new GroupCommitWriter(store.writer) };
    },
  },
);
