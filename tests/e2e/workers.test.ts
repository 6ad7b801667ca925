import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { DAY } from '#domain/time/time';
import { v8Flags } from '#infrastructure/launch';
import { startMongod } from '#tests/support/mongod';
import { ServiceProcess } from '#tests/support/service-process';
import { Load } from './support/load.ts';
import { expectConsistentStore } from './support/stored-readings.ts';
import { mongodb } from './support/stores.ts';
import { unfinishedRequest } from './support/unfinished-request.ts';

const DAY_OF_LOAD = { from: Date.UTC(2026, 0, 1), to: Date.UTC(2026, 0, 1) + DAY };
const WORKERS = 3;
/** The driver looks for its server again every few seconds; a busy machine takes longer. */
const READY_TIMEOUT_MS = 60_000;

/** Process ids of the workers that have ever listened. */
function workersOf(service: ServiceProcess): Set<unknown> {
  return new Set(service.log.filter(({ message }) => message === 'the engine is listening').map(({ pid }) => pid));
}

async function untilWorkers(service: ServiceProcess, count: number): Promise<unknown[]> {
  while (workersOf(service).size < count) {
    if (service.hasEnded) throw new Error(`the service has ended with ${workersOf(service).size} workers`);
    await sleep(20);
  }
  return [...workersOf(service)];
}

async function untilDeaths(service: ServiceProcess, count: number): Promise<void> {
  const deaths = () => service.log.filter(({ message }) => message === 'a worker process died and will be replaced');
  while (deaths().length < count) {
    if (service.hasEnded) throw new Error(`the service has ended after ${deaths().length} deaths`);
    await sleep(20);
  }
}

/** Whichever worker answers: one may still be finding its store again. */
async function untilReady(service: ServiceProcess): Promise<void> {
  await expect
    .poll(async () => (await fetch(`${service.url}/health/ready`)).status, { timeout: READY_TIMEOUT_MS })
    .toBe(200);
}

describe('several worker processes', () => {
  it('share one port, survive the death of one of them, and keep everything they acknowledged', async () => {
    const under = mongodb();
    onTestFinished(() => under.remove());
    const service = await ServiceProcess.start({
      ...under.environment,
      EIE_MAX_AGE: 'off',
      EIE_WORKERS: String(WORKERS),
    });
    onTestFinished(() => service.signal('SIGKILL'));
    const [first] = await untilWorkers(service, WORKERS);
    for (const worker of workersOf(service)) {
      const commandLine = readFileSync(`/proc/${worker}/cmdline`, 'utf8').split('\0');
      expect(commandLine).toEqual(expect.arrayContaining(v8Flags()));
    }
    const load = new Load(service.url, { start: DAY_OF_LOAD.from, connections: [1, 1, 7, 40, 40, 250] });
    await load.acknowledges(500);

    process.kill(Number(first), 'SIGKILL');
    await untilWorkers(service, WORKERS + 1);
    await untilReady(service);
    service.signal('SIGTERM');
    const { code } = await service.exit();
    await load.ended();

    expect(code).toBe(0);
    expect(service.log.some(({ message }) => message === 'a worker process died and will be replaced')).toBe(true);
    const kept = await expectConsistentStore(under, DAY_OF_LOAD);
    expect(
      [...load.acknowledged].filter((id) => !kept.has(id)),
      'acknowledged but lost',
    ).toEqual([]);
  });

  it('finish pending requests when the signal reaches them twice, as one sent to the process group does', async () => {
    const under = mongodb();
    onTestFinished(() => under.remove());
    const service = await ServiceProcess.start({ ...under.environment, EIE_MAX_AGE: 'off', EIE_WORKERS: '2' });
    onTestFinished(() => service.signal('SIGKILL'));
    const workers = await untilWorkers(service, 2);
    const requests = await Promise.all([1, 2, 3, 4].map(() => unfinishedRequest(service.url)));

    service.signal('SIGTERM');
    while (service.log.filter(({ message }) => message === 'the engine is stopping').length < 2) await sleep(20);
    for (const worker of workers) process.kill(Number(worker), 'SIGTERM');
    await sleep(200); // a worker that exits on the second signal would do so now

    const answers = await Promise.all(requests.map((request) => request.finish()));
    for (const answer of answers) expect(answer).toMatch(/^HTTP\/1\.1 20[01] /m);
    expect((await service.exit()).code).toBe(0);
  });

  it('keep serving when one of them dies during an outage of the store, and replace it afterwards', async () => {
    const mongod = await startMongod();
    onTestFinished(mongod.stop);
    const service = await ServiceProcess.start({ EIE_STORE: 'mongodb', MONGODB_URI: mongod.uri, EIE_WORKERS: '2' });
    onTestFinished(() => service.signal('SIGKILL'));
    const [first] = await untilWorkers(service, 2);

    process.kill(mongod.pid, 'SIGSTOP');
    onTestFinished(() => void process.kill(mongod.pid, 'SIGCONT')); // a suspended process cannot be stopped in order
    process.kill(Number(first), 'SIGKILL');
    await untilDeaths(service, 2); // the one just killed, and a first replacement that could not start
    process.kill(mongod.pid, 'SIGCONT');

    await untilWorkers(service, 3);
    await untilReady(service);
    service.signal('SIGTERM');
    expect((await service.exit()).code).toBe(0);
  });

  it('are rejected with a store that allows a single process', async () => {
    const { code, stderr } = await ServiceProcess.refused({ EIE_STORE: 'sqlite', EIE_WORKERS: '2' });
    expect(code).toBe(1);
    expect(stderr).toContain('EIE_WORKERS');
  });

  it('all exit if none of them can start', async () => {
    const { code, stderr } = await ServiceProcess.refused({
      EIE_STORE: 'mongodb',
      MONGODB_URI: 'mongodb://127.0.0.1/?nonsense=1', // fails at once, whereas an absent server fails after 8 s
      EIE_WORKERS: '2',
    });
    expect(code).toBe(1);
    expect(stderr).toContain('the engine cannot start');
  });
});
