import type { DependencyContainer } from 'tsyringe';
import type { GroupCommitWriter } from '#adapters/outbound/batching/group-commit-writer';
import type { ReportFleetPerformance } from '#application/analytics/report-fleet-performance';
import type { ReportVehiclePerformance } from '#application/analytics/report-vehicle-performance';
import type { FindGaps } from '#application/history/find-gaps';
import type { ReadHistory } from '#application/history/read-history';
import type { StreamHistory } from '#application/history/stream-history';
import type { IngestReadings } from '#application/ingest-readings';
import type { DetectLosses } from '#application/losses/detect-losses';
import type { ListLosses } from '#application/losses/list-losses';
import type { ListWarnings } from '#application/losses/list-warnings';
import type { ManageLinks } from '#application/manage-links';
import type { Clock } from '#application/ports/clock';
import type { Logger } from '#application/ports/logger';
import type { TelemetryStore } from '#application/ports/telemetry-store';
import type { ListLiveStates, ReadLiveState } from '#application/read-live-state';
import type { CloseHours } from '#application/upkeep/close-hours';
import type { DropOldHistory } from '#application/upkeep/drop-old-history';
import type { Config } from './config.ts';

/** A key in the container that carries the type of its object. */
export type Token<T> = symbol & { readonly provides?: T };

const token = <T>(name: string): Token<T> => Symbol(name);

export const CONFIG = token<Config>('Config');
export const CLOCK = token<Clock>('Clock');
export const LOGGER = token<Logger>('Logger');
export const STORE = token<TelemetryStore>('TelemetryStore');
export const GROUP_COMMIT = token<GroupCommitWriter>('GroupCommitWriter');
export const INGEST_READINGS = token<IngestReadings>('IngestReadings');
export const READ_LIVE_STATE = token<ReadLiveState>('ReadLiveState');
export const LIST_LIVE_STATES = token<ListLiveStates>('ListLiveStates');
export const VEHICLE_PERFORMANCE = token<ReportVehiclePerformance>('ReportVehiclePerformance');
export const FLEET_PERFORMANCE = token<ReportFleetPerformance>('ReportFleetPerformance');
export const READ_HISTORY = token<ReadHistory>('ReadHistory');
export const STREAM_HISTORY = token<StreamHistory>('StreamHistory');
export const FIND_GAPS = token<FindGaps>('FindGaps');
export const LIST_LOSSES = token<ListLosses>('ListLosses');
export const LIST_WARNINGS = token<ListWarnings>('ListWarnings');
export const MANAGE_LINKS = token<ManageLinks>('ManageLinks');
export const CLOSE_HOURS = token<CloseHours>('CloseHours');
export const DETECT_LOSSES = token<DetectLosses>('DetectLosses');
export const DROP_OLD_HISTORY = token<DropOldHistory>('DropOldHistory');

/** Returns the object registered under a token. Throws when there is none. */
export function resolve<T>(container: DependencyContainer, name: Token<T>): T {
  return container.resolve<T>(name as symbol);
}
