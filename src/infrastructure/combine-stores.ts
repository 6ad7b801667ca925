import type { EngineStore } from '#application/ports/engine-store';
import type { RecordStore } from '#application/ports/record-store';
import type { TelemetryStore } from '#application/ports/telemetry-store';

/** The name of a store that has none. */
export const CUSTOM = 'custom';

/**
 * Puts a store of readings and a store of records together. The result is healthy when both are, has failed when either
 * has, and closes both.
 */
export function combineStores(telemetry: TelemetryStore, records: RecordStore): EngineStore {
  const both = [telemetry, records];
  const names = both.map(({ name = CUSTOM }) => name);
  const failures = both.flatMap(({ failed }) => failed ?? []);
  const locations = both.flatMap(({ location }) => location ?? []);
  return {
    ...(locations.length > 0 && { location: locations.join(' and ') }),
    // What the records take is little beside the readings.
    ...(telemetry.measure && { measure: () => telemetry.measure?.() ?? Promise.resolve({}) }),
    name: names[0] === names[1] ? `${names[0]}` : names.join(' and '),
    writer: telemetry.writer,
    hot: telemetry.hot,
    cold: telemetry.cold,
    upkeep: telemetry.upkeep,
    links: records.links,
    warnings: records.warnings,
    health: {
      check: async () => {
        await Promise.all(both.map(({ health }) => health.check()));
      },
      warnings: () => both.flatMap(({ health }) => health.warnings?.() ?? []),
    },
    ...(failures.length > 0 && { failed: Promise.race(failures) }),
    close: async () => {
      const closed = await Promise.allSettled(both.map((store) => store.close()));
      const errors = closed.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
      if (errors.length === 1) throw errors[0];
      if (errors.length > 1) throw new AggregateError(errors, 'neither store could be closed');
    },
  };
}
