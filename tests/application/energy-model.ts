import { linkInterval, type MeterLink } from '#domain/meter-link';
import type { Reading } from '#domain/reading/reading';
import { type DeviceTotals, deviceTotalsOf } from '#domain/reading/totals';
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
      const feeds = links.filter((link) => link.vehicleId === vehicleId && link.meterId === deviceId);
      return contains(window, timestamp) && feeds.some((link) => contains(linkInterval(link), timestamp));
    });
  }

  #sum(kind: Kind, wanted: (reading: Reading) => boolean): DeviceTotals {
    const sums = kind === 'vehicle' ? { batteryTemp: 0 } : {};
    const total = { energy: 0, readings: 0, sums: sums as Record<string, number> };
    for (const reading of this.#readings) {
      if (reading.kind !== kind || !wanted(reading)) continue;
      total.energy += reading.energy;
      total.readings++;
      for (const [field, sum] of Object.entries(deviceTotalsOf(reading).sums)) {
        total.sums[field] = (total.sums[field] ?? 0) + sum;
      }
    }
    return total;
  }
}
