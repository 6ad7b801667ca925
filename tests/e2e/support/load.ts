import { setTimeout as sleep } from 'node:timers/promises';
import type { EpochMillis } from '#domain/time/time';

/** A reading as it is sent. */
export type SentReading = Readonly<Record<string, string | number>>;

/** Devices of each stream that the load is about. */
export const LOAD_DEVICES = 97;
/** Energy of every reading, in kWh. */
export const LOAD_KWH = 0.001;

export interface LoadOptions {
  /** The first timestamp; a load takes 10 ms of them for each reading. */
  readonly start: EpochMillis;
  /** Readings a request of each connection; 1 is a single reading. */
  readonly connections: readonly number[];
}

/**
 * Clients that send all they can, each on a connection of its own, until the engine is gone or they are told to stop.
 * They remember what they sent and what was acknowledged.
 */
export class Load {
  /** Every reading sent, by its identity. */
  readonly sent = new Map<string, SentReading>();
  /** The identities of the readings that the engine said it has. */
  readonly acknowledged = new Set<string>();
  /** Answers that were neither an acknowledgement nor the end: status -> how many. */
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

  /** Resolves when that many readings are acknowledged; rejects when it takes too long. */
  async acknowledges(readings: number): Promise<void> {
    for (const begin = performance.now(); this.acknowledged.size < readings; await sleep(2)) {
      if (performance.now() - begin > 30_000) throw new Error(`only ${this.acknowledged.size} readings acknowledged`);
    }
  }

  /** Sends nothing more and waits for the answers that are still to come. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#clients;
  }

  /** Resolves when every client has seen the engine go. */
  async ended(): Promise<void> {
    await this.#clients;
  }

  /** Every tenth request says the one before it again, as a device does that did not hear the answer. */
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

  /** Both streams in turn; now and then a reading is older than the one before it. */
  #reading(n: number): SentReading {
    const timestamp = new Date(this.#start + (n ^ 6) * 10).toISOString();
    const id = `load-${n % LOAD_DEVICES}`;
    return n % 2 === 0
      ? { meterId: id, kwhConsumedAc: LOAD_KWH, voltage: 230 + (n % 10), timestamp }
      : { vehicleId: id, kwhDeliveredDc: LOAD_KWH, soc: n % 101, batteryTemp: 20 + (n % 7), timestamp };
  }
}

/** What makes a reading that reading: stream, device, time. */
export function identity({ meterId, vehicleId, timestamp }: SentReading): string {
  return meterId === undefined ? `vehicle ${vehicleId} ${timestamp}` : `meter ${meterId} ${timestamp}`;
}

/** Sends readings in large batches and expects that each is stored now or was before. */
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
