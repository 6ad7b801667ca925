import type { ColdStore } from '#application/ports/cold-store';
import type { EnergySeries } from '#domain/energy/energy-series';
import type { Kind } from '#domain/streams/streams';
import type { Millis } from '#domain/time/time';
import type { TimeWindow } from '#domain/time/time-window';

/** The series of one device, empty if it has no readings in the window. */
export async function seriesOf(
  cold: ColdStore,
  kind: Kind,
  deviceId: string,
  window: TimeWindow,
  width: Millis,
): Promise<EnergySeries> {
  return (await cold.seriesByDevice(kind, [deviceId], window, width)).get(deviceId) ?? [];
}
