import type { FleetHour, HistoryQuery } from '#application/ports/cold-store';
import type { LivePageQuery } from '#application/ports/hot-store';
import type { StreamHour } from '#application/ports/hour-rollups';
import type { LinkQuery } from '#application/ports/link-repository';
import type { WarningQuery } from '#application/ports/warning-repository';
import type { EnergySeries } from '#domain/energy/energy-series';
import type { LossWarning, WarningWatch } from '#domain/loss-warning';
import type { MeterLink } from '#domain/meter-link';
import type { Reading } from '#domain/reading/reading';
import type { DeviceTotals, FleetTotals } from '#domain/reading/totals';
import type { Kind } from '#domain/streams/streams';
import type { Millis } from '#domain/time/time';
import type { TimeWindow } from '#domain/time/time-window';
import { openForReading } from '../format/connection.ts';
import { Marks } from '../format/marks.ts';
import { streamTables } from '../format/stream-tables.ts';
import { LinkQueries } from '../records/links.ts';
import { WarningQueries } from '../records/warnings.ts';
import { serve, threadData } from '../thread/thread-protocol.ts';
import { FleetQueries } from './fleet-queries.ts';
import { LiveQueries } from './live-queries.ts';
import { type HourSize, type HourStep, RollupQueries } from './rollup-queries.ts';
import { StreamQueries } from './stream-queries.ts';

export interface ReaderThreadData {
  readonly databaseFile: string;
}

/** What a reading thread answers to. */
export type ReaderMethods = {
  newest(kind: Kind, deviceId: string): Reading | undefined;
  page(kind: Kind, query: LivePageQuery): readonly Reading[];
  history(kind: Kind, deviceId: string, window: TimeWindow, query: HistoryQuery): readonly Reading[];
  deviceTotals(kind: Kind, deviceId: string, window: TimeWindow): DeviceTotals;
  seriesByDevice(
    kind: Kind,
    deviceIds: readonly string[],
    window: TimeWindow,
    width: Millis,
  ): ReadonlyMap<string, EnergySeries>;
  totalsByDevice(kind: Kind, window: TimeWindow): ReadonlyMap<string, DeviceTotals>;
  fleetTotals(window: TimeWindow): FleetTotals;
  fleetHours(window: TimeWindow): readonly FleetHour[];
  unclosed(before: number, limit: number): readonly StreamHour[];
  hourSize(hour: StreamHour): HourSize;
  hourStep(hour: StreamHour, firstDevice: number, endDevice: number): HourStep;
  closed(hour: StreamHour): ReadonlyMap<string, DeviceTotals> | undefined;
  recount(hour: StreamHour): ReadonlyMap<string, DeviceTotals>;
  horizon(): number | undefined;
  findLink(id: string): MeterLink | undefined;
  listLinks(query: LinkQuery): readonly MeterLink[];
  linksDuring(window: TimeWindow, vehicleId?: string): readonly MeterLink[];
  watches(vehicleIds: readonly string[]): ReadonlyMap<string, WarningWatch>;
  listWarnings(query: WarningQuery): readonly LossWarning[];
  lastEvaluation(): number | undefined;
  check(): void;
};

const database = openForReading(threadData<ReaderThreadData>().databaseFile);
const fleet = new FleetQueries(database);
const rollups = new RollupQueries(database);
const marks = new Marks(database, { writable: false });
const links = new LinkQueries(database);
const warnings = new WarningQueries(database);
const queries = new Map(streamTables.map((tables) => [tables.kind, new StreamQueries(database, tables)]));
const lives = new Map(streamTables.map((tables) => [tables.kind, new LiveQueries(database, tables)]));
const liveOf = (kind: Kind) => lives.get(kind) as LiveQueries;
const of = (kind: Kind) => queries.get(kind) as StreamQueries;

serve(
  {
    newest: (kind, deviceId) => liveOf(kind).newest(deviceId),
    page: (kind, query) => liveOf(kind).page(query),
    history: (kind, deviceId, window, query) => of(kind).history(deviceId, window, query),
    deviceTotals: (kind, deviceId, window) => of(kind).totals(deviceId, window),
    seriesByDevice: (kind, deviceIds, window, width) => of(kind).seriesByDevice(deviceIds, window, width),
    totalsByDevice: (kind, window) => of(kind).totalsByDevice(window),
    fleetTotals: (window) => fleet.totals(window),
    fleetHours: (window) => fleet.hours(window),
    unclosed: (before, limit) => rollups.unclosed(before, limit),
    hourSize: (hour) => rollups.size(hour),
    hourStep: (hour, firstDevice, endDevice) => rollups.step(hour, firstDevice, endDevice),
    closed: (hour) => rollups.closed(hour),
    recount: (hour) => rollups.recount(hour),
    horizon: () => marks.get('horizon'),
    findLink: (id) => links.find(id),
    listLinks: (query) => links.list(query),
    linksDuring: (window, vehicleId) => links.during(window, vehicleId),
    watches: (vehicleIds) => warnings.watches(vehicleIds),
    listWarnings: (query) => warnings.list(query),
    lastEvaluation: () => warnings.lastEvaluation(),
    check: () => fleet.check(),
  } satisfies ReaderMethods,
  () => database.close(),
);
