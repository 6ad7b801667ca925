/** Sends a CSV file with the readings of one device to a running engine. See README.md in this folder. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

const USAGE =
  'usage: npm exec -- node examples/replay.ts --file FILE.csv (--meter ID | --vehicle ID)\n' +
  '         [--url URL] [--batch N] [--clients N] [--shuffle SEED] [--times N]';

const DAY = 86_400_000;
/** How often a batch is sent again while the engine is overloaded. */
const MAX_RETRIES = 20;

type Reading = Readonly<Record<string, string | number>> & { readonly timestamp: string };

interface Options {
  readonly url: string;
  readonly file: string;
  readonly device: Readonly<Record<string, string>>;
  readonly batch: number;
  readonly clients: number;
  readonly seed: number | undefined;
  readonly times: number;
}

/** The answer to a batch; a problem (https://www.rfc-editor.org/rfc/rfc9457) has a detail instead. */
interface IngestAnswer {
  readonly stored: number;
  readonly duplicates: number;
  readonly results?: readonly unknown[];
  readonly detail?: string;
}

/** `undefined` when only help was asked for. */
function options(args: readonly string[]): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      url: { type: 'string', default: 'http://127.0.0.1:3000' },
      file: { type: 'string' },
      meter: { type: 'string' },
      vehicle: { type: 'string' },
      batch: { type: 'string', default: '500' },
      clients: { type: 'string', default: '1' },
      shuffle: { type: 'string' },
      times: { type: 'string', default: '1' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return undefined;
  const { file, meter, vehicle, shuffle } = values;
  if (file === undefined) throw new Error('--file is required');
  if ((meter === undefined) === (vehicle === undefined))
    throw new Error('exactly one of --meter and --vehicle is required');
  return {
    url: values.url.replace(/\/$/, ''),
    file,
    device: meter === undefined ? { vehicleId: vehicle ?? '' } : { meterId: meter },
    batch: wholeNumber('batch', values.batch),
    clients: wholeNumber('clients', values.clients),
    seed: shuffle === undefined ? undefined : wholeNumber('shuffle', shuffle, 0),
    times: wholeNumber('times', values.times),
  };
}

function wholeNumber(name: string, text: string, min = 1): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < min) throw new Error(`--${name} must be a whole number from ${min}`);
  return value;
}

/** The header names the fields; every field but the timestamp is a number. */
function readings(csv: string, device: Options['device']): Reading[] {
  const [header = '', ...lines] = csv.trim().split(/\r?\n/);
  const names = header.split(',');
  if (!names.includes('timestamp')) throw new Error(`the header has no timestamp column: ${header}`);
  return lines.map((line) => {
    const cells = line.split(',');
    const fields = names.map((name, i) => [name, name === 'timestamp' ? (cells[i] ?? '') : Number(cells[i])]);
    return { ...device, ...Object.fromEntries(fields) };
  });
}

/** Shuffles, the same way for the same seed (Fisher-Yates with a multiplicative congruential generator). */
function shuffled<T>(list: readonly T[], seed: number): T[] {
  const result = [...list];
  let state = (seed % 2_147_483_646) + 1;
  for (let last = result.length - 1; last > 0; last--) {
    state = (state * 48_271) % 2_147_483_647;
    const other = state % (last + 1);
    [result[last], result[other]] = [result[other] as T, result[last] as T];
  }
  return result;
}

/** All readings, repeated `times` times and cut into batches. */
function batches(all: readonly Reading[], { batch, seed, times }: Options): Reading[][] {
  const passes = Array.from({ length: times }, (_, pass) => (seed === undefined ? all : shuffled(all, seed + pass)));
  const queue = passes.flat();
  return Array.from({ length: Math.ceil(queue.length / batch) }, (_, i) => queue.slice(i * batch, (i + 1) * batch));
}

/** Sends one batch until it is answered. Sending it again is safe: readings already stored are duplicates then. */
async function send(url: string, batch: readonly Reading[]): Promise<IngestAnswer> {
  for (let attempt = 0; ; attempt++) {
    const response = await fetch(`${url}/v1/ingest`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: batch.map((reading) => JSON.stringify(reading)).join('\n'),
    });
    if (response.status === 503 && attempt < MAX_RETRIES) {
      await response.body?.cancel();
      await sleep(Number(response.headers.get('retry-after') ?? 1) * 1000);
      continue;
    }
    const answer = (await response.json()) as IngestAnswer;
    if (response.status === 200) return answer;
    throw new Error(`${response.status} ${answer.detail ?? JSON.stringify(answer.results?.[0])}`);
  }
}

async function fleetDay(url: string, day: number): Promise<string> {
  const [from, to] = [new Date(day).toISOString(), new Date(day + DAY).toISOString()];
  const response = await fetch(`${url}/v1/analytics/fleet?from=${from}&to=${to}`);
  if (response.status !== 200) throw new Error(`GET /v1/analytics/fleet: ${response.status} ${await response.text()}`);
  const fleet = (await response.json()) as {
    acConsumedKwh: number;
    dcDeliveredKwh: number;
    readings: { meter: number; vehicle: number };
  };
  return [
    from.slice(0, 10),
    `${fleet.acConsumedKwh} kWh AC from ${fleet.readings.meter} readings`,
    `${fleet.dcDeliveredKwh} kWh DC from ${fleet.readings.vehicle} readings`,
  ].join('  ');
}

async function replay(given: Options): Promise<void> {
  const all = readings(readFileSync(given.file, 'utf8'), given.device);
  const queue = batches(all, given);
  const requests = queue.length;
  let [stored, duplicates] = [0, 0];
  await Promise.all(
    Array.from({ length: given.clients }, async () => {
      for (let batch = queue.shift(); batch !== undefined; batch = queue.shift()) {
        const answer = await send(given.url, batch);
        stored += answer.stored;
        duplicates += answer.duplicates;
      }
    }),
  );
  const sent = all.length * given.times;
  console.log(`sent ${sent} readings in ${requests} requests: ${stored} stored, ${duplicates} duplicates`);
  const days = new Set(all.map(({ timestamp }) => Math.floor(Date.parse(timestamp) / DAY) * DAY));
  for (const day of [...days].sort((a, b) => a - b)) console.log(await fleetDay(given.url, day));
}

function giveUp(code: number, error: unknown, hint = ''): never {
  const { message, cause } = error as Error;
  console.error((cause instanceof Error ? `${message}: ${cause.message}` : message) + hint);
  process.exit(code);
}

let given: Options | undefined;
try {
  given = options(process.argv.slice(2));
} catch (error) {
  giveUp(2, error, `\n${USAGE}`);
}
if (given === undefined) console.log(USAGE);
else await replay(given).catch((error) => giveUp(1, error));
