import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { openSqliteStore } from '#adapters/outbound/sqlite/sqlite-store';
import { telemetryStoreContract } from './telemetry-store-contract.ts';

const scratch = mkdtempSync(join(tmpdir(), 'sqlite-contract-'));
afterAll(() => rmSync(scratch, { recursive: true }));

telemetryStoreContract({
  name: 'SQLite',
  open: () => openSqliteStore({ directory: mkdtempSync(join(scratch, 'store-')) }),
});
