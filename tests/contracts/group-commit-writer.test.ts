import { GroupCommitWriter } from '#adapters/outbound/batching/group-commit-writer';
import { createMemoryStore } from '#adapters/outbound/memory/memory-store';
import { telemetryWriterContract } from './telemetry-writer-contract.ts';

telemetryWriterContract({
  name: 'group commit around memory',
  open: async () => {
    const store = createMemoryStore();
    return { ...store, writer: new GroupCommitWriter(store.writer) };
  },
});
