import { describe, expect, it, onTestFinished } from 'vitest';
import { MINUTE } from '#domain/time/time';
import { type ScrapedSample, samplesIn, sumOf } from '#tests/support/prometheus-text';
import { ServiceProcess } from '#tests/support/service-process';
import { type StoreUnderTest, storesUnderTest } from './support/stores.ts';

const CLIENTS = 8;
const BATCH = 60;
/** Readings that are sent before the load ends, at least. */
const ENOUGH = 20_000;

const OUTCOMES = ['stored', 'duplicate', 'conflict', 'rejected'] as const;
type Counts = Record<'received' | (typeof OUTCOMES)[number], number>;

const now = Date.now();

/** A batch of both streams with readings that end in every way. */
function batchOf(client: number, request: number): unknown[] {
  return Array.from({ length: BATCH }, (_, n) => {
    const timestamp = now - (request % 10_000) * MINUTE;
    const meter = { meterId: `M-${client}-${n >> 1}`, kwhConsumedAc: 0.1, voltage: 230, timestamp };
    const vehicle = { vehicleId: `EV-${client}-${n >> 1}`, kwhDeliveredDc: 0.1, soc: 50, batteryTemp: 20, timestamp };
    if (n === 10) return { ...meter, kwhConsumedAc: 5_000 };
    if (n === 11) return { ...vehicle, soc: null };
    if (n === 12) return { timestamp };
    if (n === 13) return { ...vehicle, vehicleId: `EV-${client}-0` }; // as the second of the batch
    if (n === 14) return { ...meter, meterId: `M-${client}-0`, voltage: 231 }; // as the first, but for the voltage
    return n % 2 === 0 ? meter : vehicle;
  });
}

async function scrape(url: string): Promise<ScrapedSample[]> {
  const response = await fetch(`${url}/metrics`);
  expect(response.status).toBe(200);
  return samplesIn(await response.text());
}

/** The ledger as it was scraped, by stream. */
function ledgerIn(samples: readonly ScrapedSample[]): Map<string, Counts> {
  const kinds = new Set(
    samples.flatMap(({ name, labels }) => (name.startsWith('eie_readings') ? (labels.kind ?? []) : [])),
  );
  const counted = (kind: string): Counts => ({
    received: sumOf(samples, 'eie_readings_received_total', { kind }),
    stored: sumOf(samples, 'eie_readings_total', { kind, outcome: 'stored' }),
    duplicate: sumOf(samples, 'eie_readings_total', { kind, outcome: 'duplicate' }),
    conflict: sumOf(samples, 'eie_readings_total', { kind, outcome: 'conflict' }),
    rejected: sumOf(samples, 'eie_readings_total', { kind, outcome: 'rejected' }),
  });
  return new Map([...kinds].map((kind) => [kind, counted(kind)]));
}

function add(total: Counts, more: Counts): Counts {
  const sum = { ...total, received: total.received + more.received };
  for (const outcome of OUTCOMES) sum[outcome] += more[outcome];
  return sum;
}

const NOTHING: Counts = { received: 0, stored: 0, duplicate: 0, conflict: 0, rejected: 0 };

/** Sends batches until enough readings are answered, and scrapes all the while. Returns what the answers add up to. */
async function loadAndScrape(url: string, everyScrape: (samples: readonly ScrapedSample[]) => void): Promise<Counts> {
  let answered = NOTHING;
  const client = async (number: number) => {
    for (let request = 0; answered.received < ENOUGH; request++) {
      const body = JSON.stringify(batchOf(number, request >> 1)); // each batch twice
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(`${url}/v1/ingest`, { method: 'POST', headers, body });
      expect(response.status).toBe(207);
      const {
        received,
        stored,
        duplicates: duplicate,
        conflicts: conflict,
        rejected,
      } = (await response.json()) as never;
      answered = add(answered, { received, stored, duplicate, conflict, rejected });
    }
  };
  let loading = true;
  const clients = Promise.all(Array.from({ length: CLIENTS }, (_, number) => client(number))).finally(() => {
    loading = false;
  });
  let scrapes = 0;
  for (; loading; scrapes++) everyScrape(await scrape(url));
  await clients;
  expect(scrapes).toBeGreaterThan(0);
  return answered;
}

function expectBalance(samples: readonly ScrapedSample[]): void {
  for (const [kind, counts] of ledgerIn(samples)) {
    const { received, ...outcomes } = counts;
    expect({ kind, received }).toEqual({
      kind,
      received: OUTCOMES.reduce((sum, outcome) => sum + outcomes[outcome], 0),
    });
  }
}

const total = (samples: readonly ScrapedSample[]) => [...ledgerIn(samples).values()].reduce(add, NOTHING);

const stores = storesUnderTest();
const processes: [string, StoreUnderTest, number][] = [
  ...stores.map((store): [string, StoreUnderTest, number] => [`one process on ${store.name}`, store, 1]),
  ['three workers', stores.at(-1) as StoreUnderTest, 3],
];

describe.each(processes)('the metrics of %s', (_, store, workers) => {
  it('balance to the reading in every scrape, and agree with what was answered', async () => {
    onTestFinished(() => store.remove());
    const service = await ServiceProcess.start({ ...store.environment, EIE_WORKERS: String(workers) });
    onTestFinished(() => service.signal('SIGKILL'));
    const listening = () => service.log.filter(({ message }) => message === 'the engine is listening').length;
    await expect.poll(listening).toBe(workers);

    const answered = await loadAndScrape(service.url, expectBalance);

    const samples = await scrape(service.url);
    expectBalance(samples);
    expect(total(samples)).toEqual(answered);
    for (const outcome of OUTCOMES) expect(answered[outcome]).toBeGreaterThan(0);
    const names = samples.flatMap(({ name, labels }) => (name === 'eie_store_up' ? (labels.worker ?? 'only') : []));
    expect(names.sort()).toEqual(workers === 1 ? ['only'] : ['1', '2', '3']);
    expect(sumOf(samples, 'eie_store_up')).toBe(workers);
    expect(sumOf(samples, 'eie_commit_readings_sum')).toBe(answered.received - answered.rejected);
    const route = { route: '/v1/ingest', method: 'POST', status: '207' };
    expect(sumOf(samples, 'eie_http_request_duration_seconds_count', route)).toBe(answered.received / BATCH);
    expect((await service.stop()).code).toBe(0);
  });
});
