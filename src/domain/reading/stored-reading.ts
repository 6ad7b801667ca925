import { byKind, type Kind, measuredFields } from '../streams/streams.ts';
import type { Reading } from './reading.ts';

/** What a store has kept of a reading: its values by the names they have in `Reading`. */
export type StoredFields = Readonly<Record<string, unknown>> & { readonly kind: Kind; readonly deviceId: string };

const measuredOf = byKind(measuredFields);

/**
 * Takes what a store has kept for a reading again, as the same object. It was valid when it was stored and is not judged
 * again, since bounds and clocks may have changed. Throws if one of its values is missing or not a finite number: the
 * stored reading is damaged.
 */
export function storedReading(stored: StoredFields): Reading {
  if (hasNumbers(stored)) return stored;
  const { kind, deviceId, timestamp } = stored;
  const names = ['timestamp', 'energy', 'receivedAt', ...measuredOf[kind]];
  const damaged = names.filter((name) => !Number.isFinite(stored[name]));
  throw new Error(`the stored reading of ${kind} ${deviceId} at ${timestamp} is damaged: no ${damaged.join(', ')}`);
}

function hasNumbers(stored: StoredFields): stored is StoredFields & Reading {
  const { timestamp, energy, receivedAt } = stored;
  if (!Number.isFinite(timestamp) || !Number.isFinite(energy) || !Number.isFinite(receivedAt)) return false;
  const measured = measuredOf[stored.kind];
  for (let index = 0; index < measured.length; index++) {
    if (!Number.isFinite(stored[measured[index] as string])) return false;
  }
  return true;
}
