import { availableParallelism } from 'node:os';
import { MongoClient, type MongoClientOptions } from 'mongodb';
import { BoundedCalls } from '#application/bounded-calls';
import type { EngineStore } from '#application/ports/engine-store';
import type { Logger } from '#application/ports/logger';
import type { Upkeep } from '#application/ports/upkeep';
import { MINUTE, type Millis, SECOND } from '#domain/time/time';
import { MongoDbWriter } from './commit/mongodb-writer.ts';
import { commitCollections } from './commit/write-readings.ts';
import { fleetCollection } from './fleet/fleet-document.ts';
import { FleetQueries } from './fleet/fleet-queries.ts';
import { DeviceQueries } from './hours/device-queries.ts';
import { CLOSED_HOUR_INDEXES, hourCollections } from './hours/hour-documents.ts';
import { MongoDbRetention } from './hours/mongodb-retention.ts';
import { hoursWithoutMinutes, MongoDbRollups } from './hours/mongodb-rollups.ts';
import { MongoDbTime } from './hours/mongodb-time.ts';
import { liveCollections } from './live/device-document.ts';
import { DeviceProgress } from './live/device-progress.ts';
import { liveDocumentCollections } from './live/live-document.ts';
import { LiveProjection } from './live/live-projection.ts';
import { LiveQueries } from './live/live-queries.ts';
import { requireRecordedShapes, shapesCollection } from './recorded-shapes.ts';
import { LINK_INDEXES, linkCollections } from './records/link-document.ts';
import { MongoDbLinks } from './records/mongodb-links.ts';
import { MongoDbWarnings } from './records/mongodb-warnings.ts';
import { WARNING_INDEXES, warningCollections } from './records/warning-documents.ts';
import { APP_NAME } from './server/abandoned-transactions.ts';
import { createCollections } from './server/create-collections.ts';
import { answered, answeredInTime } from './server/driver-errors.ts';
import { advance } from './server/marks.ts';
import { requireSuitableServer } from './server/server-requirements.ts';

export interface MongoDbStoreOptions {
  /** Connection string of a replica set or a sharded cluster. */
  readonly uri: string;
  readonly database: string;
  readonly logger?: Logger;
  /**
   * Whether to keep the documents that show live state to people, and to bring them up to date at the start; true by
   * default. No answer of the store depends on them.
   */
  readonly liveDocuments?: boolean;
  /**
   * How many pages and sums this process asks for at once, and besides them how many totals of all devices; others wait.
   * Half the processors of the machine if not given, at least one.
   */
  readonly longReads?: number;
}

/** Both bundles of ports, with everything that upkeep may have. */
export type MongoDbStore = EngineStore & { readonly upkeep: Required<Upkeep> };

/** How long to look for a server. */
const SELECTION_TIMEOUT: Millis = 8 * SECOND;
/** Longer than the longest statement, the sums of an hour of a large fleet. Commits have a deadline of their own. */
const SOCKET_TIMEOUT: Millis = 2 * MINUTE;
/** Ten commits may hang at a time, for 8 s each, and keep their connections until the socket times out: 150 in all. */
const MAX_CONNECTIONS = 200;
/** Shorter than a hanging server takes to fail a read (8 s), so that those waiting behind it fail before it does. */
const READ_WAIT_TIMEOUT: Millis = 7 * SECOND;
/** A working server answers in milliseconds. */
const CHECK_TIMEOUT: Millis = 3 * SECOND;

const CLIENT_OPTIONS: MongoClientOptions = {
  appName: APP_NAME,
  serverSelectionTimeoutMS: SELECTION_TIMEOUT,
  connectTimeoutMS: SELECTION_TIMEOUT,
  waitQueueTimeoutMS: SELECTION_TIMEOUT,
  socketTimeoutMS: SOCKET_TIMEOUT,
  maxPoolSize: MAX_CONNECTIONS,
  // Whatever the connection string says: what was read or acknowledged cannot be rolled back.
  readPreference: 'primary',
  readConcern: { level: 'majority' },
  writeConcern: { w: 'majority', journal: true },
};

/**
 * Opens the store in one database and creates its missing collections. Any number of processes may share it.
 *
 * Rejects with `StoreUnavailableError` when no server answers, and with an error that says what to do when the server is
 * older than 6.0 or standalone, or when a stream has data and is now defined differently.
 */
export async function openMongoDbStore({
  uri,
  database,
  logger,
  liveDocuments = true,
  longReads = Math.max(1, Math.floor(availableParallelism() / 2)),
}: MongoDbStoreOptions): Promise<MongoDbStore> {
  const client = new MongoClient(uri, CLIENT_OPTIONS);
  const db = client.db(database);
  const admin = client.db('admin');
  const hours = hourCollections(db);
  const links = linkCollections(db);
  const warnings = warningCollections(db);
  const shapes = shapesCollection(db);
  const documents = liveDocuments ? liveDocumentCollections(db) : undefined;
  try {
    await answered(prepare());
  } catch (error) {
    await client.close();
    throw error;
  }
  async function prepare(): Promise<void> {
    await client.connect();
    await requireSuitableServer(admin);
    const { history, devices, fleet, deviceHours, closedHours, marks } = hours;
    const records = [links.links, links.meterGuards, warnings.warnings, warnings.watches];
    await createCollections(db, {
      clustered: [...Object.values(history), fleet, deviceHours, closedHours],
      plain: [...Object.values(devices), ...Object.values(documents ?? {}), marks, shapes, ...records],
    });
    await Promise.all([
      closedHours.createIndexes(CLOSED_HOUR_INDEXES),
      links.links.createIndexes(LINK_INDEXES),
      warnings.warnings.createIndexes(WARNING_INDEXES),
    ]);
    await requireRecordedShapes(shapes, hours);
    const reopened = await hoursWithoutMinutes(hours);
    if (reopened > 0) logger?.info('hours closed by an older version will be closed again', { hours: reopened });
  }

  const progress = new DeviceProgress();
  const hot = new LiveQueries(liveCollections(db), progress);
  const live = documents && new LiveProjection(documents, hot, logger);
  live?.sweep();
  const writer = new MongoDbWriter(client, commitCollections(db), progress, live, logger);
  const devices = new DeviceQueries(client, hours);
  const fleet = new FleetQueries(fleetCollection(db));
  // The server would give each long read as much of its time as a commit.
  const reads = new BoundedCalls({ atOnce: longReads, waitTimeout: READ_WAIT_TIMEOUT });
  const totals = new BoundedCalls({ atOnce: longReads, waitTimeout: READ_WAIT_TIMEOUT }); // they may take minutes
  return {
    name: 'mongodb',
    location: `${client.options.hosts.join(',')}/${database}`,
    measure: async () => {
      const { storageSize = 0, indexSize = 0 } = await answeredInTime(db.command({ dbStats: 1 }), CHECK_TIMEOUT);
      return { sizeBytes: storageSize + indexSize, ...(live !== undefined && { liveLag: live.lag(Date.now()) }) };
    },
    writer,
    hot: {
      newest: (...query) => hot.newest(...query),
      knows: (...query) => hot.knows(...query),
      page: (...query) => reads.run(() => hot.page(...query)),
    },
    cold: {
      history: (...query) => reads.run(() => devices.history(...query)),
      deviceTotals: (...query) => reads.run(() => devices.deviceTotals(...query)),
      seriesByDevice: (...query) => reads.run(() => devices.seriesByDevice(...query)),
      totalsByDevice: (...query) => totals.run(() => devices.totalsByDevice(...query)),
      fleetTotals: (window) => reads.run(() => fleet.fleetTotals(window)),
      fleetHours: (window) => reads.run(() => fleet.fleetHours(window)),
    },
    upkeep: {
      rollups: new MongoDbRollups(client, hours),
      retention: new MongoDbRetention(client, hours, logger),
      time: new MongoDbTime(hours),
    },
    links: new MongoDbLinks(client, links, logger),
    warnings: new MongoDbWarnings(client, warnings, logger),
    health: {
      check: async () => {
        await answeredInTime(admin.command({ ping: 1 }), CHECK_TIMEOUT);
        await writer.checkCommits(() => answeredInTime(advance(hours.marks, 'write-check', Date.now()), CHECK_TIMEOUT));
      },
    },
    close: async () => {
      await writer.settled();
      await live?.close();
      await client.close();
    },
  };
}
