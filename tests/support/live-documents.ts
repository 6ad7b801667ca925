import type { Db } from 'mongodb';
import { expect } from 'vitest';
import type { Logger } from '#application/ports/logger';
import { kwhFromMilliwattHours } from '#domain/energy/energy';
import { measuredValue, type Reading } from '#domain/reading/reading';
import { measuredFields, streams } from '#domain/streams/streams';

/** Generous: the machine may be slow, and busy with other tests. */
const TIMEOUT_MS = 60_000;

/** Every live document in the database, by the name of its collection and its id. */
export async function liveDocumentsIn(db: Db): Promise<Record<string, unknown>> {
  const infos = await db.listCollections({ name: /_live$/ }, { nameOnly: true }).toArray();
  const documents = infos.map(({ name }) => db.collection(name).find().toArray());
  const entries = infos.map(({ name }, i) =>
    documents[i]?.then((all) => all.map((one) => [`${name} ${one._id}`, one])),
  );
  return Object.fromEntries((await Promise.all(entries)).flat() as [string, unknown][]);
}

/** The live documents of these readings, one for each device. */
export function liveDocumentsOf(readings: readonly Reading[]): Record<string, unknown> {
  return Object.fromEntries(readings.map((reading) => [`${reading.kind}_live ${reading.deviceId}`, shown(reading)]));
}

/** Resolves when the database has the live documents of these readings and no others. */
export async function untilShown(db: Db, readings: readonly Reading[]): Promise<void> {
  await expect.poll(() => liveDocumentsIn(db), { timeout: TIMEOUT_MS }).toEqual(liveDocumentsOf(readings));
}

/** A logger, and what it was given: level and message. */
export function recordedLog(): { readonly logger: Logger; readonly lines: readonly string[] } {
  const lines: string[] = [];
  const at = (level: string) => (message: string) => void lines.push(`${level} ${message}`);
  return { logger: { error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug') }, lines };
}

export async function untilLogged({ lines }: { readonly lines: readonly string[] }, line: string): Promise<void> {
  await expect.poll(() => lines, { timeout: TIMEOUT_MS }).toContain(line);
}

function shown(reading: Reading): Record<string, unknown> {
  return {
    _id: reading.deviceId,
    timestamp: new Date(reading.timestamp),
    [streams[reading.kind].energyField]: kwhFromMilliwattHours(reading.energy),
    ...Object.fromEntries(measuredFields(reading.kind).map((field) => [field, measuredValue(reading, field)])),
    receivedAt: new Date(reading.receivedAt),
  };
}
