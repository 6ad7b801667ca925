import { type CommitOutcome, DUPLICATE, STORED, withheldOutcomes } from '#domain/reading/ingest-outcome';
import { type Reading, readingKey, sameValues } from '#domain/reading/reading';
import type { DeviceTotals, StreamTotals } from '#domain/reading/totals';
import type { Kind } from '#domain/streams/streams';
import { contains, type TimeWindow } from '#domain/time/time-window';
import { totalsOf } from './questions.ts';

/** The simplest thing that gives the right answers: a list of readings, from which everything is counted anew. */
export class StoreModel {
  readonly #readings: Reading[] = [];

  commit(readings: readonly Reading[], atomic: boolean): CommitOutcome[] {
    const fresh: Reading[] = [];
    const outcomes = readings.map((reading): CommitOutcome => {
      const stored = [...this.#readings, ...fresh].find((one) => readingKey(one) === readingKey(reading));
      if (stored !== undefined) return sameValues(stored, reading) ? DUPLICATE : { status: 'conflict', stored };
      fresh.push(reading);
      return STORED;
    });
    if (atomic && outcomes.some(({ status }) => status === 'conflict')) return withheldOutcomes(readings, outcomes);
    this.#readings.push(...fresh);
    return outcomes;
  }

  history(kind: Kind, deviceId: string, window: TimeWindow): Reading[] {
    return this.#of(kind, window)
      .filter((one) => one.deviceId === deviceId)
      .sort((a, b) => a.timestamp - b.timestamp);
  }

  newest(kind: Kind, deviceId: string): Reading | undefined {
    return this.history(kind, deviceId, { from: -Infinity, to: Infinity }).at(-1);
  }

  deviceTotals(kind: Kind, deviceId: string, window: TimeWindow): DeviceTotals {
    return totalsOf(this.#readings, kind, deviceId, window);
  }

  totalsByDevice(kind: Kind, window: TimeWindow): Map<string, DeviceTotals> {
    const ids = new Set(this.#of(kind, window).map(({ deviceId }) => deviceId));
    return new Map([...ids].map((id) => [id, this.deviceTotals(kind, id, window)]));
  }

  streamTotals(kind: Kind, window: TimeWindow): StreamTotals {
    const readings = this.#of(kind, window);
    return { energy: readings.reduce((sum, { energy }) => sum + energy, 0), readings: readings.length };
  }

  #of(kind: Kind, window: TimeWindow): Reading[] {
    return this.#readings.filter((one) => one.kind === kind && contains(window, one.timestamp));
  }
}
