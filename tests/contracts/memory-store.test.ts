import { createMemoryStore } from '#adapters/outbound/memory/memory-store';
import { telemetryStoreContract } from './telemetry-store-contract.ts';

telemetryStoreContract({ name: 'memory', rollups: false, open: async () => createMemoryStore() });
