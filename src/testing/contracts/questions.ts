import type { TelemetryStore } from '#application/ports/telemetry-store';
import type { CommitOptions } from '#application/ports/telemetry-writer';
import type { CommitOutcome } from '#domain/reading/ingest-outcome';
import type { Reading } from '#domain/reading/reading';
import {
  type DeviceTotals,
  deviceTotalsOf,
  type FleetTotals,
  noFleetTotals,
  type StreamTotals,
} from '#domain/reading/totals';
import { byKind, type Kind } from '#domain/streams/streams';
import { DAY } from '#domain/time/time';
import { contains, type TimeWindow } from '#domain/time/time-window';
import { START } from '../readings.ts';

/** A day on either side of `START`. */
export const AROUND: TimeWindow = { from: START - DAY, to: START + DAY };

/** Commits and returns the statuses, in the order of the readings. */
export async function commit(
  { writer }: Pick<TelemetryStore, 'writer'>,
  readings: readonly Reading[],
  options: CommitOptions = {},
): Promise<CommitOutcome['status'][]> {
  return (await writer.commit(readings, options)).map(({ status }) => status);
}

/** A device's history in the days around `START`. */
export function history(
  { cold }: Pick<TelemetryStore, 'cold'>,
  kind: Kind,
  deviceId: string,
): Promise<readonly Reading[]> {
  return cold.history(kind, deviceId, AROUND, { limit: 1_000 });
}

/** Fleet totals of which only some streams have readings. */
export function fleetOf(totals: Partial<Record<Kind, StreamTotals>>): FleetTotals {
  return { ...noFleetTotals(), ...totals };
}

/** Fleet totals in which every stream has the same. */
export function fleetOfEach(totals: StreamTotals): FleetTotals {
  return byKind(() => totals);
}

/** What one device sent in a window, counted from its readings. */
export function totalsOf(readings: readonly Reading[], kind: Kind, deviceId: string, window: TimeWindow): DeviceTotals {
  const own = readings.filter((one) => one.kind === kind && one.deviceId === deviceId);
  return deviceTotalsOf(
    kind,
    own.filter(({ timestamp }) => contains(window, timestamp)),
  );
}
