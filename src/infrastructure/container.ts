import 'reflect-metadata';
import { type DependencyContainer, instanceCachingFactory, container as root } from 'tsyringe';
import { GroupCommitWriter } from '#adapters/outbound/batching/group-commit-writer';
import { systemClock } from '#adapters/outbound/system-clock';
import { ReportFleetPerformance } from '#application/analytics/report-fleet-performance';
import { ReportVehiclePerformance } from '#application/analytics/report-vehicle-performance';
import { FindGaps } from '#application/history/find-gaps';
import { ReadHistory } from '#application/history/read-history';
import { StreamHistory } from '#application/history/stream-history';
import { IngestReadings } from '#application/ingest-readings';
import { DetectLosses } from '#application/losses/detect-losses';
import { ListLosses } from '#application/losses/list-losses';
import { ListWarnings } from '#application/losses/list-warnings';
import { ManageLinks } from '#application/manage-links';
import type { Clock } from '#application/ports/clock';
import type { Logger } from '#application/ports/logger';
import type { TelemetryStore } from '#application/ports/telemetry-store';
import { ListLiveStates, ReadLiveState } from '#application/read-live-state';
import { CloseHours } from '#application/upkeep/close-hours';
import { DropOldHistory } from '#application/upkeep/drop-old-history';
import type { Config } from './config.ts';
import * as tokens from './tokens.ts';
import { resolve, type Token } from './tokens.ts';

/** Dependencies that come from outside the container. The clock is the system's unless another one is given. */
export interface Outside {
  readonly config: Config;
  readonly store: TelemetryStore;
  readonly logger: Logger;
  readonly clock?: Clock;
}

/** Wires the use cases to the ports. Each object is created once, when it is first resolved. */
export function createContainer({ config, store, logger, clock = systemClock }: Outside): DependencyContainer {
  const container = root.createChildContainer();
  const provide = <T>(name: Token<T>, make: (get: <D>(dependency: Token<D>) => D) => T) => {
    container.register<T>(name as symbol, {
      useFactory: instanceCachingFactory((c) => make((dependency) => resolve(c, dependency))),
    });
  };

  provide(tokens.CONFIG, () => config);
  provide(tokens.CLOCK, () => clock);
  provide(tokens.LOGGER, () => logger);
  provide(tokens.STORE, () => store);
  provide(tokens.GROUP_COMMIT, (get) => {
    return new GroupCommitWriter(get(tokens.STORE).writer, { queueReadings: config.queueReadings });
  });
  provide(tokens.INGEST_READINGS, (get) => {
    return new IngestReadings(get(tokens.GROUP_COMMIT), { retention: get(tokens.STORE).retention, clock });
  });
  provide(tokens.READ_LIVE_STATE, (get) => new ReadLiveState(get(tokens.STORE).hot, get(tokens.CLOCK)));
  provide(tokens.LIST_LIVE_STATES, (get) => new ListLiveStates(get(tokens.STORE).hot, get(tokens.CLOCK)));
  provide(tokens.FLEET_PERFORMANCE, (get) => {
    return new ReportFleetPerformance(get(tokens.STORE), config.warningRule.lossThreshold);
  });
  provide(tokens.VEHICLE_PERFORMANCE, (get) => {
    return new ReportVehiclePerformance(get(tokens.STORE), get(tokens.CLOCK), config.warningRule);
  });
  provide(tokens.READ_HISTORY, (get) => new ReadHistory(get(tokens.STORE)));
  provide(tokens.STREAM_HISTORY, (get) => new StreamHistory(get(tokens.STORE)));
  provide(tokens.FIND_GAPS, (get) => new FindGaps(get(tokens.STORE), get(tokens.CLOCK)));
  provide(tokens.LIST_LOSSES, (get) => new ListLosses(get(tokens.STORE), get(tokens.CLOCK), config.warningRule));
  provide(tokens.LIST_WARNINGS, (get) => new ListWarnings(get(tokens.STORE).warnings));
  provide(tokens.MANAGE_LINKS, (get) => new ManageLinks(get(tokens.STORE).links));
  provide(tokens.CLOSE_HOURS, (get) => new CloseHours(get(tokens.STORE).rollups, get(tokens.CLOCK)));
  provide(tokens.DETECT_LOSSES, (get) => {
    return new DetectLosses(get(tokens.STORE), get(tokens.CLOCK), config.warningRule);
  });
  provide(tokens.DROP_OLD_HISTORY, (get) => {
    return new DropOldHistory(get(tokens.STORE).retention, get(tokens.CLOCK), config.retention);
  });
  return container;
}
