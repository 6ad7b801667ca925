/**
 * Shows where energy is lost: sends one day of a real meter as three charging points, each with a vehicle that receives
 * another share of the energy, links them, and prints the report of one vehicle and the list of losses.
 *
 * The meter is real, the vehicles are made up. See README.md in this folder.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const url = process.argv[2] ?? 'http://127.0.0.1:3000';
const FILE = join(import.meta.dirname, 'data/household-meter-2007-02-01.csv');
const DAY = { from: '2007-02-01T00:00:00.000Z', to: '2007-02-02T00:00:00.000Z' };

/** Before the day: the energy of its first reading flowed in the minute before midnight. */
const LINKED_FROM = '2007-01-01T00:00:00.000Z';

/** The share of the metered energy that reaches each battery, and the hours in which the vehicle sends nothing. */
const VEHICLES = [
  { number: 1, share: 0.93 },
  { number: 2, share: 0.78 },
  { number: 3, share: 0.84, silentHours: [8, 9, 10] },
];

async function call(method: string, path: string, body?: unknown): Promise<unknown> {
  const response = await fetch(url + path, {
    method,
    ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(answer)}`);
  return answer;
}

const minutes = readFileSync(FILE, 'utf8')
  .trim()
  .split('\n')
  .slice(1, 1441)
  .map((line) => {
    const [timestamp = '', kwh, voltage] = line.split(',');
    return { timestamp, kwh: Number(kwh), voltage: Number(voltage) };
  });

for (const { number, share, silentHours = [] } of VEHICLES) {
  const meterId = `M-${number}`;
  const vehicleId = `EV-${number}`;
  await call(
    'POST',
    '/v1/ingest',
    minutes.map(({ timestamp, kwh, voltage }) => ({ meterId, kwhConsumedAc: kwh, voltage, timestamp })),
  );
  await call(
    'POST',
    '/v1/ingest',
    minutes
      .filter(({ timestamp }) => !silentHours.includes(new Date(timestamp).getUTCHours()))
      .map(({ timestamp, kwh }, minute) => {
        const soc = Math.min(100, 20 + minute / 20);
        return { vehicleId, kwhDeliveredDc: kwh * share, soc, batteryTemp: 25 + (minute % 60) / 10, timestamp };
      }),
  );
  await call('POST', '/v1/links', [{ meterId, vehicleId, from: LINKED_FROM, to: null }]);
}

const window = `from=${DAY.from}&to=${DAY.to}`;
console.log(JSON.stringify(await call('GET', `/v1/analytics/performance/EV-2?${window}`), null, 1));
console.log(JSON.stringify(await call('GET', `/v1/analytics/losses?${window}`), null, 1));
