import type { Collection, CreateCollectionOptions, Db } from 'mongodb';
import { MongoServerError } from 'mongodb';
import { type ByKind, byKind } from '#domain/streams/streams';
import type { FleetDocument } from '../fleet/fleet-document.ts';
import type { HistoryDocument } from '../history/history-document.ts';
import type { ClosedHourDocument, DeviceHourDocument } from '../hours/hour-documents.ts';
import type { DeviceDocument } from '../live/device-document.ts';
import type { LinkDocument, MeterGuard } from '../records/link-document.ts';
import type { WarningDocument, WatchDocument } from '../records/warning-documents.ts';
import type { MarkDocument } from './marks.ts';

export interface Collections {
  readonly history: ByKind<Collection<HistoryDocument>>;
  readonly devices: ByKind<Collection<DeviceDocument>>;
  readonly fleet: Collection<FleetDocument>;
  readonly deviceHours: Collection<DeviceHourDocument>;
  readonly closedHours: Collection<ClosedHourDocument>;
  readonly marks: Collection<MarkDocument>;
  readonly links: Collection<LinkDocument>;
  readonly meterGuards: Collection<MeterGuard>;
  readonly warnings: Collection<WarningDocument>;
  readonly watches: Collection<WatchDocument>;
}

/** Documents lie in the order of `_id`, which needs no index beside them. */
const CLUSTERED: CreateCollectionOptions = { clusteredIndex: { key: { _id: 1 }, unique: true } };
const NAMESPACE_EXISTS = 48;

export function collectionsOf(db: Db): Collections {
  return {
    history: byKind((kind) => db.collection(`${kind}_history`)),
    devices: byKind((kind) => db.collection(`${kind}_devices`)),
    fleet: db.collection('fleet_sums'),
    deviceHours: db.collection('device_hours'),
    closedHours: db.collection('closed_hours'),
    marks: db.collection('marks'),
    links: db.collection('meter_links'),
    meterGuards: db.collection('meter_guards'),
    warnings: db.collection('loss_warnings'),
    watches: db.collection('warning_watches'),
  };
}

/**
 * Creates what is missing. Any number of processes may do so at once. What is read by many ids at a time is not
 * clustered: for `$in` a clustered collection is scanned from the smallest to the largest.
 */
export async function createCollections(db: Db): Promise<void> {
  const { history, devices, fleet, deviceHours, closedHours, marks, ...others } = collectionsOf(db);
  const { links, meterGuards, warnings, watches } = others;
  const clustered = [...Object.values(history), fleet, deviceHours, closedHours].map(nameOf);
  const plain = [...Object.values(devices), marks, links, meterGuards, warnings, watches].map(nameOf);
  const found = await clusteredByName(db);
  const missing = (names: readonly string[]) => names.filter((name) => !found.has(name));
  await Promise.all([
    ...missing(clustered).map((name) => create(db, name, CLUSTERED)),
    ...missing(plain).map((name) => create(db, name, {})),
  ]);
  const now = await clusteredByName(db);
  const wrong = clustered.filter((name) => now.get(name) !== true);
  if (wrong.length > 0) {
    throw new Error(`${wrong.join(' and ')} in database ${db.databaseName} are not clustered: not made by this engine`);
  }
  await Promise.all([
    closedHours.createIndexes([{ key: { discarded: 1 }, sparse: true }]),
    links.createIndexes([{ key: { meterId: 1, from: 1 } }, { key: { vehicleId: 1, from: 1, meterId: 1 } }]),
    warnings.createIndexes([{ key: { openedAt: -1, _id: -1 } }, { key: { state: 1, openedAt: -1, _id: -1 } }]),
  ]);
}

function nameOf({ collectionName }: { readonly collectionName: string }): string {
  return collectionName;
}

/** Whether each collection is clustered. */
async function clusteredByName(db: Db): Promise<ReadonlyMap<string, boolean>> {
  const infos = await db.listCollections({}, { nameOnly: false }).toArray();
  return new Map(infos.map(({ name, options }) => [name, options?.clusteredIndex !== undefined]));
}

async function create(db: Db, name: string, options: CreateCollectionOptions): Promise<void> {
  try {
    await db.createCollection(name, options);
  } catch (error) {
    if (!(error instanceof MongoServerError && error.code === NAMESPACE_EXISTS)) throw error;
  }
}
