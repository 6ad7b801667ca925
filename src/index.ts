/**
 * The public API of the package: the engine as a service in your own process, or its parts, to combine with a store, a
 * clock or an inbound adapter of your own. The only module that re-exports; inside, files import each other directly.
 */

// Adapters: the HTTP interface, the stores and their decorators, loggers
export { type AppDependencies, createApp } from '#adapters/inbound/http/app';
export { KeyRing } from '#adapters/inbound/http/auth/key-ring';
export { HttpMeasures } from '#adapters/inbound/http/http-measures';
export { IngestLog } from '#adapters/inbound/http/ingest/ingest-log';
export type { MetricsText } from '#adapters/inbound/http/metrics-routes';
export { ClientAddresses } from '#adapters/inbound/http/wire/client/client-addresses';
export {
  DEFAULT_GROUP_COMMIT_LIMITS,
  type GroupCommitLimits,
  GroupCommitWriter,
} from '#adapters/outbound/batching/group-commit-writer';
export { createMemoryRecords, createMemoryStore } from '#adapters/outbound/memory/memory-store';
export { type MongoDbStore, openMongoDbStore } from '#adapters/outbound/mongodb/mongodb-store';
export { BudgetedLogger } from '#adapters/outbound/observability/budgeted-logger';
export { createWinstonLogger, type LogFormat, type LogLevel } from '#adapters/outbound/observability/winston-logger';
export { openSqliteStore, type SqliteStore } from '#adapters/outbound/sqlite/sqlite-store';
export { systemClock } from '#adapters/outbound/system-clock';

// Use cases and ports
export type { ApiKey, KeyLimits, Scope } from '#application/access/api-key';
export { IngestForKey } from '#application/access/ingest-for-key';
export { KeyBudgets } from '#application/access/key-budgets';
export { type FleetPerformance, ReportFleetPerformance } from '#application/analytics/report-fleet-performance';
export { ReportVehiclePerformance, type VehiclePerformance } from '#application/analytics/report-vehicle-performance';
export { CheckedClock, type CheckedClockOptions } from '#application/checked-clock';
export {
  ClockBehindError,
  OverloadedError,
  RateLimitedError,
  StoreDamagedError,
  StoreUnavailableError,
} from '#application/errors';
export { FindGaps, type GapPage } from '#application/history/find-gaps';
export { type HistoryPage, ReadHistory } from '#application/history/read-history';
export { type HistoryStream, StreamHistory } from '#application/history/stream-history';
export { IngestLedger, type LedgerEntry } from '#application/ingest-ledger';
export { IngestReadings, type IngestReport } from '#application/ingest-readings';
export { DetectLosses } from '#application/losses/detect-losses';
export { ListLosses, type LossPage, type LossPosition, type VehicleLoss } from '#application/losses/list-losses';
export { ListWarnings, type WarningPage } from '#application/losses/list-warnings';
export {
  type EndOutcome,
  type LinkPage,
  type LinkReport,
  ManageLinks,
  type ReceivedLink,
} from '#application/manage-links';
export type { Clock } from '#application/ports/clock';
export type { ColdStore, FleetHour, HistoryQuery } from '#application/ports/cold-store';
export type { EngineStore } from '#application/ports/engine-store';
export {
  type HotStore,
  type LivePageQuery,
  type LiveReadings,
  MAX_DEVICES_PER_PAGE,
} from '#application/ports/hot-store';
export type { HourRollups, StreamHour } from '#application/ports/hour-rollups';
export type { IngestCapacity } from '#application/ports/ingest-capacity';
export type { LinkOutcome, LinkQuery, LinkRepository } from '#application/ports/link-repository';
export type { Logger } from '#application/ports/logger';
export type { RecordStore } from '#application/ports/record-store';
export type { Retention } from '#application/ports/retention';
export type { StoreHealth, StoreLifecycle, StoreMeasures } from '#application/ports/store-lifecycle';
export type { TelemetryStore } from '#application/ports/telemetry-store';
export type { CommitOptions, TelemetryWriter } from '#application/ports/telemetry-writer';
export type { KnownTime, TimeRecord } from '#application/ports/time-record';
export type { Upkeep } from '#application/ports/upkeep';
export type { WarningQuery, WarningRepository } from '#application/ports/warning-repository';
export { ListLiveStates, type LivePage, type LiveState, ReadLiveState } from '#application/read-live-state';
export type { Received } from '#application/received';
export { AuditHistory, type Difference } from '#application/upkeep/audit-history';
export { CloseHours } from '#application/upkeep/close-hours';
export { DropOldHistory } from '#application/upkeep/drop-old-history';

// Domain
export type { Coverage } from '#domain/coverage/coverage';
export type { Gap } from '#domain/coverage/gap';
export { DEFAULT_LOSS_THRESHOLD, type Efficiency, type Verdict } from '#domain/efficiency/efficiency';
export type { EnergyBalance } from '#domain/efficiency/energy-balance';
export type { Judgement, Reason } from '#domain/efficiency/judgement';
export type { LinkedBalance } from '#domain/efficiency/linked-balance';
export { kwhFromMilliwattHours, type MilliwattHours, milliwattHoursFromKwh } from '#domain/energy/energy';
export type { EnergyBucket, EnergySeries } from '#domain/energy/energy-series';
export {
  DEFAULT_WARNING_RULE,
  type LossWarning,
  type WarningChange,
  type WarningRule,
  type WarningWatch,
} from '#domain/loss-warning';
export { linkInterval, type MeterLink, meterLinkId, overlaps, sameLink } from '#domain/meter-link';
export type { AcceptedTime } from '#domain/reading/accepted-time';
export type { Fault, FaultCode } from '#domain/reading/fault';
export type { CommitOutcome, Conflict, Duplicate, IngestOutcome, Rejected } from '#domain/reading/ingest-outcome';
export {
  DUPLICATE,
  STORED,
  type Stored,
  WITHHELD,
  type Withheld,
  withheldOutcomes,
} from '#domain/reading/ingest-outcome';
export { advancesLiveState, type LiveFilter, passesFilter, STALE_AFTER } from '#domain/reading/live-state';
export {
  type MeterReading,
  measuredValue,
  type Reading,
  readingKey,
  sameValues,
  type VehicleReading,
} from '#domain/reading/reading';
export { type ParseReading, readingParser } from '#domain/reading/reading-parser';
export { storedReading } from '#domain/reading/stored-reading';
export {
  addDeviceTotals,
  addFleetTotals,
  average,
  type DeviceTotals,
  deviceTotalsOf,
  type FleetTotals,
  fleetTotalsOf,
  millionths,
  noDeviceTotals,
  noFleetTotals,
  type StreamTotals,
} from '#domain/reading/totals';
export type { MeasuredField, ReadingOf, StreamDefinition } from '#domain/streams/stream';
export { type StreamShape, shapeDifference, streamShape } from '#domain/streams/stream-shape';
export {
  averagedFields,
  type ByKind,
  byKind,
  type Kind,
  kinds,
  measuredFields,
  streams,
} from '#domain/streams/streams';
export { ceilTo, DAY, type EpochMillis, floorTo, HOUR, MINUTE, type Millis, SECOND } from '#domain/time/time';
export { alignOutward, contains, intersection, splitAt, type TimeWindow } from '#domain/time/time-window';

// The whole engine in your own process
export { combineStores } from '#infrastructure/combine-stores';
export type { Config, StoreConfig } from '#infrastructure/config';
export { ConfigurationError, readEnvironment } from '#infrastructure/environment';
export { type Service, type ServiceOptions, startService } from '#infrastructure/service';
