import type { GroupCommitWriter } from '#adapters/outbound/batching/group-commit-writer';
import { IngestForKey } from '#application/access/ingest-for-key';
import type { KeyBudgets } from '#application/access/key-budgets';
import { ReportFleetPerformance } from '#application/analytics/report-fleet-performance';
import { ReportVehiclePerformance } from '#application/analytics/report-vehicle-performance';
import type { CheckedClock } from '#application/checked-clock';
import { FindGaps } from '#application/history/find-gaps';
import { ReadHistory } from '#application/history/read-history';
import { StreamHistory } from '#application/history/stream-history';
import type { IngestLedger } from '#application/ingest-ledger';
import { IngestReadings } from '#application/ingest-readings';
import { DetectLosses } from '#application/losses/detect-losses';
import { ListLosses } from '#application/losses/list-losses';
import { ListWarnings } from '#application/losses/list-warnings';
import { ManageLinks } from '#application/manage-links';
import type { Clock } from '#application/ports/clock';
import type { EngineStore } from '#application/ports/engine-store';
import type { Logger } from '#application/ports/logger';
import { ListLiveStates, ReadLiveState } from '#application/read-live-state';
import { CloseHours } from '#application/upkeep/close-hours';
import { DropOldHistory } from '#application/upkeep/drop-old-history';
import { RecoverHorizon } from '#application/upkeep/recover-horizon';
import type { Config } from './config.ts';

export interface Parts {
  readonly keyBudgets: KeyBudgets;
  readonly ledger: IngestLedger;
  readonly config: Config;
  readonly store: EngineStore;
  readonly clock: Clock;
  readonly checkedClock: CheckedClock;
  readonly groupCommit: GroupCommitWriter;
  readonly logger?: Logger;
}

/** How each use case is made, by the name under which the container and the routes know it. */
export const useCases = {
  ingestReadings: ({ groupCommit, store: { upkeep }, checkedClock, ledger }: Parts) =>
    new IngestReadings(groupCommit, { upkeep, clock: checkedClock }, checkedClock, ledger),
  ingestForKey: (parts: Parts): IngestForKey =>
    new IngestForKey(useCases.ingestReadings(parts), parts.store.hot, parts.keyBudgets),
  readLiveState: ({ store, clock }: Parts) => new ReadLiveState(store.hot, clock),
  listLiveStates: ({ store, clock }: Parts) => new ListLiveStates(store.hot, clock),
  vehiclePerformance: ({ store, clock, config }: Parts) =>
    new ReportVehiclePerformance(store, clock, config.warningRule),
  fleetPerformance: ({ store, config }: Parts) => new ReportFleetPerformance(store, config.warningRule.lossThreshold),
  readHistory: ({ store }: Parts) => new ReadHistory(store),
  streamHistory: ({ store }: Parts) => new StreamHistory(store),
  findGaps: ({ store, clock }: Parts) => new FindGaps(store, clock),
  listLosses: ({ store, clock, config }: Parts) => new ListLosses(store, clock, config.warningRule),
  listWarnings: ({ store }: Parts) => new ListWarnings(store.warnings),
  manageLinks: ({ store }: Parts) => new ManageLinks(store.links),
  closeHours: ({ store, checkedClock }: Parts) => new CloseHours(store.upkeep, checkedClock.confirmed),
  detectLosses: ({ store, checkedClock, config }: Parts) =>
    new DetectLosses(store, checkedClock.confirmed, config.warningRule, checkedClock),
  dropOldHistory: ({ store, checkedClock, config }: Parts) =>
    new DropOldHistory(store.upkeep, checkedClock.confirmed, config.retention),
  recoverHorizon: ({ store, checkedClock, logger }: Parts) => new RecoverHorizon(store.upkeep, checkedClock, logger),
};

export type UseCases = { readonly [Name in keyof typeof useCases]: ReturnType<(typeof useCases)[Name]> };
