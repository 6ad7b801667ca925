import { linkInterval, type MeterLink } from '#domain/meter-link';
import type { Reading } from '#domain/reading/reading';
import { addDeviceTotals, type DeviceTotals, deviceTotalsOf, noDeviceTotals } from '#domain/reading/totals';
import type { Kind } from '#domain/streams/streams';
import { contains, type TimeWindow } from '#domain/time/time-window';

/** What every answer should be, counted in the simplest way from the readings sent. */
export class EnergyModel {
  readonly #readings: readonly Reading[];

  /** Readings with distinct keys. */
  constructor(readings: readonly Reading[]) {
    this.#readings = readings;
  }

  totals(kind: Kind, deviceId: string, window: TimeWindow): DeviceTotals {
    return this.#sum(kind, (one) => one.deviceId === deviceId && contains(window, one.timestamp));
  }

  fleet(kind: Kind, window: TimeWindow): { energy: number; readings: number } {
    const { energy, readings } = this.#sum(kind, ({ timestamp }) => contains(window, timestamp));
    return { energy, readings };
  }

  /** What the meters drew in the window while they were linked to the vehicle. */
  linked(vehicleId: string, links: readonly MeterLink[], window: TimeWindow): DeviceTotals {
    return this.#sum('meter', ({ deviceId, timestamp }) => {
      const ofMeter = links.filter(({ meterId }) => meterId === deviceId);
      // The energy was measured before the timestamp: at the moment of a change it is that of the link which ends, though
      // not in a window that begins then, of which that link has no part.
      const ending = ofMeter.find(({ to }) => to === timestamp);
      const owner = ending ?? ofMeter.find((one) => contains(linkInterval(one), timestamp));
      const isOutside = ending !== undefined && timestamp === window.from;
      return contains(window, timestamp) && !isOutside && owner?.vehicleId === vehicleId;
    });
  }

  #sum(kind: Kind, wanted: (reading: Reading) => boolean): DeviceTotals {
    const readings = this.#readings.filter((one) => one.kind === kind && wanted(one));
    return [...Map.groupBy(readings, ({ deviceId }) => deviceId).values()]
      .map((own) => deviceTotalsOf(kind, own))
      .reduce(addDeviceTotals, noDeviceTotals(kind));
  }
}
