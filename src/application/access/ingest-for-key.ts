import { type Rejected, rejected } from '#domain/reading/ingest-outcome';
import type { Reading } from '#domain/reading/reading';
import { SECOND } from '#domain/time/time';
import type { IngestReadings, IngestReport } from '../ingest-readings.ts';
import { mapBounded } from '../map-bounded.ts';
import type { HotStore } from '../ports/hot-store.ts';
import type { CommitOptions } from '../ports/telemetry-writer.ts';
import { isReading, type Received } from '../received.ts';
import { type ApiKey, mayPostFor } from './api-key.ts';
import type { KeyBudget, KeyBudgets } from './key-budgets.ts';

/** Lookups of devices at once, for one request. */
const LOOKUPS_AT_ONCE = 16;
/** Devices remembered as known to the store, some 100 bytes each; beyond it all are looked up again. */
const MAX_KNOWN_DEVICES = 200_000;

/** Ingests within what an API key allows: for its devices, and within its limits in this process. */
export class IngestForKey {
  readonly #ingestReadings: IngestReadings;
  readonly #hot: Pick<HotStore, 'knows'>;
  readonly #budgets: KeyBudgets;
  readonly #knownDevices = new Set<string>();

  constructor(ingestReadings: IngestReadings, hot: Pick<HotStore, 'knows'>, budgets: KeyBudgets) {
    this.#ingestReadings = ingestReadings;
    this.#hot = hot;
    this.#budgets = budgets;
  }

  /**
   * Like `IngestReadings.ingest`, and just that without a key. A reading of a device that the key may not post for is rejected as `forbidden`, one of a
   * new device beyond the key's limit as `rate-limited`. Rejects with `RateLimitedError` when the key has not enough
   * readings left for all items. A request that fails takes nothing from the limits.
   */
  ingest(key: ApiKey | undefined, items: readonly Received[], options: CommitOptions = {}): Promise<IngestReport> {
    const own = key?.devices === undefined ? items : items.map((item) => rejectForeign(key, item));
    const budget = this.budgetOf(key);
    return budget === undefined ? this.#ingestReadings.ingest(own, options) : this.#ingestWithin(budget, own, options);
  }

  async #ingestWithin(budget: KeyBudget, items: readonly Received[], options: CommitOptions): Promise<IngestReport> {
    budget.takeReadings(items.length);
    const granted = new Set<string>();
    try {
      const admitted = budget.limitsNewDevices ? await this.#rejectNewDevices(budget, items, granted) : items;
      return await this.#ingestReadings.ingest(admitted, options);
    } catch (error) {
      budget.giveBackReadings(items.length);
      for (const device of granted) {
        this.#knownDevices.delete(device);
        budget.giveBackNewDevice();
      }
      throw error;
    }
  }

  /** What the key has left; `undefined` for a key without limits, and without a key. */
  budgetOf(key: ApiKey | undefined): KeyBudget | undefined {
    return this.#budgets.of(key);
  }

  /** Grants the new devices among the items in their order, as long as the limit allows, and adds them to `granted`. */
  async #rejectNewDevices(
    budget: KeyBudget,
    items: readonly Received[],
    granted: Set<string>,
  ): Promise<readonly Received[]> {
    await this.#lookUp(items.filter(isReading));
    return items.map((item) => {
      if (!isReading(item)) return item;
      const device = deviceKey(item);
      if (this.#knownDevices.has(device)) return item;
      if (!budget.takeNewDevice()) return tooManyNewDevices(item, budget);
      this.#knownDevices.add(device);
      granted.add(device);
      return item;
    });
  }

  /** Remembers which of the devices are known to the store. */
  async #lookUp(readings: readonly Reading[]): Promise<void> {
    if (this.#knownDevices.size + readings.length > MAX_KNOWN_DEVICES) this.#knownDevices.clear();
    const unknown = new Map(readings.map((reading) => [deviceKey(reading), reading] as const));
    for (const device of unknown.keys()) if (this.#knownDevices.has(device)) unknown.delete(device);
    const found = await mapBounded(LOOKUPS_AT_ONCE, [...unknown], async ([device, { kind, deviceId }]) =>
      (await this.#hot.knows(kind, deviceId)) ? device : undefined,
    );
    for (const device of found) if (device !== undefined) this.#knownDevices.add(device);
  }
}

function deviceKey({ kind, deviceId }: Reading): string {
  return `${kind} ${deviceId}`;
}

function rejectForeign(key: ApiKey, item: Received): Received {
  if (!isReading(item) || mayPostFor(key, item.deviceId)) return item;
  const detail = `must not be posted with this key: ${item.deviceId} begins with none of its device prefixes`;
  return refused(item, 'forbidden', detail);
}

function tooManyNewDevices(reading: Reading, budget: KeyBudget): Rejected<string> {
  const seconds = Math.ceil(budget.newDeviceIn() / SECOND);
  const detail = `is of a new device, of which this key has had its limit; send it again in ${seconds} s`;
  return refused(reading, 'rate-limited', detail);
}

function refused(reading: Reading, code: string, detail: string): Rejected<string> {
  return rejected([{ code, detail }], reading);
}
