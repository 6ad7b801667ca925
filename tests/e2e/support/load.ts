import { setTimeout as sleep } from 'node:timers/promises';
import type { EpochMillis } from '#domain/time/time';

/** A reading as sent to the engine. */
export type SentReading = Readonly<Record<string, string | number>>;

/** Devices per stream. */
const LOAD_DEVICES = 97;
/** Energy of every reading, in kWh. */
const LOAD_KWH = 0.001;

export interface LoadOptions {
  /** The first timestamp; each further reading is 10 ms later. */
  readonly start: EpochMillis;
  /** Readings per request for each connection; 1 sends single readings. */
  readonly connections: readonly number[];
}

/**
 * Clients that send as fast as they can, each on its own connection, until the engine is gone or they are stopped.
 * They record what they sent and what was acknowledged.
 */
export class Load {
  /** Every reading sent, by its identity. */
  readonly sent = new Map<string, SentReading>();
  /** The identities of the readings that the engine acknowledged. */
  readonly acknowledged = new Set<string>();
  /** Other answers: status -> count. */
  readonly refusals = new Map<number, number>();
  readonly #url: string;
  readonly #start: EpochMillis;
  readonly #clients: Promise<unknown>;
  #next = 0;
  #stopped = false;

  constructor(url: string, { start, connections }: LoadOptions) {
    this.#url = url;
    this.#start = start;
    this.#clients = Promise.all(connections.map((size) => this.#client(size)));
  }

  /** Resolves when that many readings are acknowledged; rejects after 90 s. */
  async acknowledges(readings: number): Promise<void> {
    for (const begin = performance.now(); this.acknowledged.size < readings; await sleep(2)) {
      if (performance.now() - begin > 90_000) throw new Error(`only ${this.acknowledged.size} readings acknowledged`);
    }
  }

  /** Sends nothing more and waits for the pending answers. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#clients;
  }

  /** Resolves when every client has noticed that the engine is gone. */
  async ended(): Promise<void> {
    await this.#clients;
  }

  /** Every tenth request repeats the one before, like a device that missed the answer. */
  async #client(size: number): Promise<void> {
    let batch = this.#take(size);
    for (let request = 1; !this.#stopped; request++) {
      if (request % 10 !== 0) batch = this.#take(size);
      try {
        const body = JSON.stringify(size === 1 ? batch[0] : batch);
        const headers = { 'content-type': 'application/json' };
        const response = await fetch(`${this.#url}/v1/ingest`, { method: 'POST', headers, body });
        await response.arrayBuffer();
        if (response.status === 200 || response.status === 201) {
          for (const reading of batch) this.acknowledged.add(identity(reading));
        } else this.refusals.set(response.status, (this.refusals.get(response.status) ?? 0) + 1);
      } catch {
        return; // the connection was cut: the engine is gone
      }
    }
  }

  #take(size: number): SentReading[] {
    const batch = Array.from({ length: size }, () => this.#reading(this.#next++));
    for (const reading of batch) this.sent.set(identity(reading), reading);
    return batch;
  }

  /** Alternates between both streams; some readings are older than the one before. */
  #reading(n: number): SentReading {
    const timestamp = new Date(this.#start + (n ^ 6) * 10).toISOString();
    const id = `load-${n % LOAD_DEVICES}`;
    return n % 2 === 0
      ? { meterId: id, kwhConsumedAc: LOAD_KWH, voltage: 230 + (n % 10), timestamp }
      : { vehicleId: id, kwhDeliveredDc: LOAD_KWH, soc: n % 101, batteryTemp: 20 + (n % 7), timestamp };
  }
}

/** The identity of a reading: stream, device, time. */
export function identity({ meterId, vehicleId, timestamp }: SentReading): string {
  return meterId === undefined ? `vehicle ${vehicleId} ${timestamp}` : `meter ${meterId} ${timestamp}`;
}

/** Sends readings in large batches, each of which must be accepted; returns how many were new. */
export async function sendAll(url: string, readings: readonly SentReading[]): Promise<{ stored: number }> {
  let stored = 0;
  for (let at = 0; at < readings.length; at += 5000) {
    const batch = readings.slice(at, at + 5000);
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${url}/v1/ingest`, { method: 'POST', headers, body: JSON.stringify(batch) });
    const text = await response.text();
    if (response.status !== 200) throw new Error(`${response.status} ${text.slice(0, 500)}`);
    stored += (JSON.parse(text) as { stored: number }).stored;
  }
  return { stored };
}
