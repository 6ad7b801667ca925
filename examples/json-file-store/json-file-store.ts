import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { combineStores, type EngineStore } from 'energy-ingestion-engine';
import { openJsonRecords } from './json-records.ts';
import { openJsonTelemetry } from './json-telemetry.ts';

/**
 * A store in two files of JSON lines, for some thousand readings: everything is in memory, and written to a journal
 * before it is acknowledged. Only one process at a time may have the directory open; nothing checks that.
 */
export async function open(directory: string): Promise<EngineStore> {
  await mkdir(directory, { recursive: true });
  const telemetry = await openJsonTelemetry(join(directory, 'readings.ndjson'));
  return combineStores(telemetry, await openJsonRecords(join(directory, 'records.ndjson')));
}
