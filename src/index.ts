/**
 * What the package offers to programs: the engine as a service in your own process, or its parts with a store, a clock
 * or an entry of your own. The one place where modules are exported again; inside, files import each other directly.
 */

// Adapters: the HTTP interface, the stores, what stands in front of them
export { type AppDependencies, createApp } from '#adapters/inbound/http/app';
export { IngestLog } from '#adapters/inbound/http/ingest-log';
export {
  DEFAULT_GROUP_COMMIT_LIMITS,
  type GroupCommitLimits,
  GroupCommitWriter,
} from '#adapters/outbound/batching/group-commit-writer';
export { createMemoryStore } from '#adapters/outbound/memory/memory-store';
export { openMongoDbStore } from '#adapters/outbound/mongodb/mongodb-store';
export { BudgetedLogger } from '#adapters/outbound/observability/budgeted-logger';
export { createWinstonLogger, type LogLevel } from '#adapters/outbound/observability/winston-logger';
export { openSqliteStore } from '#adapters/outbound/sqlite/sqlite-store';
export { systemClock } from '#adapters/outbound/system-clock';

// Use cases, and the ports they need
export { AuditHistory, type Difference } from '#application/audit-history';
export { CloseHours } from '#application/close-hours';
export { DetectLosses } from '#application/detect-losses';
export { OverloadedError, StoreUnavailableError } from '#application/errors';
export { FindGaps, type GapPage } from '#application/find-gaps';
export { type FleetPerformance, FleetPerformanceReport } from '#application/fleet-performance';
export { IngestReadings, type IngestReport, type Received } from '#application/ingest-readings';
export { ListLosses, type LossPage, type VehicleLoss } from '#application/list-losses';
export { ListWarnings, type WarningPage } from '#application/list-warnings';
export {
  AddLinks,
  EndLink,
  FindLink,
  type LinkPage,
  type LinkReport,
  ListLinks,
  RemoveLink,
} from '#application/manage-links';
export type { Clock } from '#application/ports/clock';
export type { ColdStore, FleetHour, HistoryQuery } from '#application/ports/cold-store';
export type { HotStore, LivePageQuery } from '#application/ports/hot-store';
export type { HourRollups, StreamHour } from '#application/ports/hour-rollups';
export type { LinkOutcome, LinkQuery, LinkRepository } from '#application/ports/link-repository';
export type { Logger } from '#application/ports/logger';
export type { Retention } from '#application/ports/retention';
export type { StoreHealth, TelemetryStore } from '#application/ports/telemetry-store';
export type { CommitOptions, TelemetryWriter } from '#application/ports/telemetry-writer';
export type { WarningChange, WarningQuery, WarningRepository } from '#application/ports/warning-repository';
export { type HistoryPage, type HistoryStream, ReadHistory, StreamHistory } from '#application/read-history';
export { ListLiveStates, type LivePage, type LiveState, ReadLiveState } from '#application/read-live';
export { RetainHistory } from '#application/retain-history';
export { type VehiclePerformance, VehiclePerformanceReport } from '#application/vehicle-performance';

// The domain
export type { AcceptedTime } from '#domain/accepted-time';
export type { Coverage } from '#domain/coverage';
export { DEFAULT_LOSS_THRESHOLD, type Efficiency, type Verdict } from '#domain/efficiency';
export { kwhFromMilliwattHours, type MilliwattHours, milliwattHoursFromKwh } from '#domain/energy';
export type { EnergyBalance } from '#domain/energy-balance';
export type { EnergyBucket, EnergySeries } from '#domain/energy-series';
export type { Fault, FaultCode } from '#domain/fault';
export type { Gap } from '#domain/gap';
export type {
  CommitOutcome,
  Conflict,
  Duplicate,
  IngestOutcome,
  Rejected,
  Stored,
  Withheld,
} from '#domain/ingest-outcome';
export { DUPLICATE, STORED, WITHHELD } from '#domain/ingest-outcome';
export type { Judgement, Reason } from '#domain/judgement';
export type { LinkedBalance } from '#domain/linked-balance';
export { DEFAULT_WARNING_RULE, type LossWarning, type WarningRule, type WarningWatch } from '#domain/loss-warning';
export { type MeterLink, meterLinkId } from '#domain/meter-link';
export { type MeterReading, type Reading, sameValues, type VehicleReading } from '#domain/reading';
export type { MeasuredField, ReadingOf, StreamDefinition } from '#domain/stream';
export { type Kind, kinds, streams } from '#domain/streams';
export type { EpochMillis, Millis } from '#domain/time';
export type { TimeWindow } from '#domain/time-window';
export type { DeviceTotals, FleetTotals, StreamTotals } from '#domain/totals';

// A whole engine in your own process
export type { Config, StoreConfig } from '#infrastructure/config';
export { ConfigurationError, readEnvironment } from '#infrastructure/environment';
export { type Service, type ServiceOptions, startService } from '#infrastructure/service';
