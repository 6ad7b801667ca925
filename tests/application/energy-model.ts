import type { MeterLink } from '#domain/meter-link';
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

  /** What the meters drew in the window while they were linked to the vehicle: up to each reading's timestamp. */
  linked(vehicleId: string, links: readonly MeterLink[], window: TimeWindow): DeviceTotals {
    return this.#sum('meter', ({ deviceId, timestamp }) => {
      const feeds = links.filter((link) => link.vehicleId === vehicleId && link.meterId === deviceId);
      const isFed = ({ from, to }: MeterLink) => from < timestamp && timestamp <= (to ?? Infinity) && from < window.to;
      return contains(window, timestamp) && feeds.some((link) => isFed(link) && (link.to ?? Infinity) > window.from);
    });
  }

  #sum(kind: Kind, wanted: (reading: Reading) => boolean): DeviceTotals {
    const readings = this.#readings.filter((one) => one.kind === kind && wanted(one));
    return [...Map.groupBy(readings, ({ deviceId }) => deviceId).values()]
      .map((own) => deviceTotalsOf(kind, own))
      .reduce(addDeviceTotals, noDeviceTotals(kind));
  }
}
