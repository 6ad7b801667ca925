import { describe, expect, it, onTestFinished } from 'vitest';
import { DAY } from '#domain/time/time';
import { ServiceProcess } from '#tests/support/service-process';
import { temporaryDirectory } from '#tests/support/temporary-directory';
import { Load } from './support/load.ts';
import { expectConsistentStore } from './support/stored-readings.ts';
import { unfinishedRequest } from './support/unfinished-request.ts';

const DAY_OF_LOAD = { from: Date.UTC(2026, 0, 1), to: Date.UTC(2026, 0, 1) + DAY };

/** Starts the engine on SQLite; the given thread crashes on SIGUSR2. */
async function started(directory: string, crashingThread: number): Promise<ServiceProcess> {
  const service = await ServiceProcess.start({
    EIE_DATA_DIR: directory,
    EIE_MAX_AGE: 'off',
    NODE_OPTIONS: `--import=${new URL('./support/crash-thread.ts', import.meta.url)}`,
    CRASHING_THREAD: String(crashingThread),
  });
  onTestFinished(() => service.signal('SIGKILL'));
  return service;
}

describe('an engine whose SQLite thread dies', () => {
  it('answers pending requests with 503, exits with code 1, and keeps everything it acknowledged', async () => {
    const directory = temporaryDirectory();
    const service = await started(directory, 0);
    const load = new Load(service.url, { start: DAY_OF_LOAD.from, connections: [1, 1, 7, 40, 250] });
    const request = await unfinishedRequest(service.url);
    await load.acknowledges(500);

    service.signal('SIGUSR2');
    const failure = await service.logs('the store has failed for good; the engine is stopping');
    const answer = await request.finish();
    const { code, stderr } = await service.exit();
    await load.ended();

    expect(failure).toMatchObject({ level: 'error', error: { cause: { name: 'TypeError' } } });
    expect(answer).toMatch(/^HTTP\/1\.1 503 .*store-unavailable/ms);
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(service.log.at(-1)?.message).toBe('the engine has stopped');
    expect([...load.refusals.keys()].filter((status) => status !== 503)).toEqual([]);
    const kept = await expectConsistentStore({ config: { kind: 'sqlite', directory } }, DAY_OF_LOAD);
    expect(
      [...load.acknowledged].filter((id) => !kept.has(id)),
      'acknowledged but lost',
    ).toEqual([]);
  });

  it.each([1, 2])('exits with code 1 when it was a reader thread (thread %i)', async (thread) => {
    const service = await started(temporaryDirectory(), thread);

    service.signal('SIGUSR2');

    expect((await service.exit()).code).toBe(1);
    expect(service.log.map(({ message }) => message)).toContain(
      'the store has failed for good; the engine is stopping',
    );
  });

  it('exits with code 1 if it was already stopping', async () => {
    const service = await started(temporaryDirectory(), 0);
    const request = await unfinishedRequest(service.url);
    service.signal('SIGTERM');
    await service.logs('the engine is stopping');

    service.signal('SIGUSR2');
    await service.logs('the store has failed for good; the engine is stopping');

    expect(await request.finish()).toMatch(/^HTTP\/1\.1 503 /m);
    expect((await service.exit()).code).toBe(1);
  });
});
