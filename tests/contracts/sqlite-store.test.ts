import { describe, it } from 'vitest';
import { openSqliteStore } from '#adapters/outbound/sqlite/sqlite-store';
import {
  recordModelContract,
  recordStoreContract,
  telemetryCrashContract,
  telemetryModelContract,
  telemetryStoreContract,
} from '#testing/index';

const sqlite = {
  name: 'SQLite',
  capabilities: { durable: true, multiWriter: false, rollups: true, retention: true, time: true },
  open: (directory: string) => openSqliteStore({ directory }),
};

telemetryStoreContract({ describe, it }, sqlite);
telemetryModelContract({ describe, it }, sqlite, { runs: 50 });
telemetryCrashContract({ describe, it }, sqlite, { module: new URL('./open-sqlite-process.ts', import.meta.url) });
recordStoreContract({ describe, it }, sqlite);
recordModelContract({ describe, it }, sqlite, { runs: 20 });
