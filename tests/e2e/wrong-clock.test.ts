import { describe, expect, it, onTestFinished } from 'vitest';
import { DAY, HOUR, type Millis } from '#domain/time/time';
import { ServiceProcess } from '#tests/support/service-process';
import { durableStoresUnderTest } from './support/stores.ts';

const A_YEAR_AND_MORE = 400 * DAY;

/** Shifts the wall clock of a process; its other clocks stay right. */
const shifted = (by: Millis) => ({
  NODE_OPTIONS: `--import=data:text/javascript,{const%20n=Date.now;Date.now=()=>n()+(${by})}`,
});

async function post({ url }: ServiceProcess, timestamp: number): Promise<string> {
  const body = JSON.stringify({ meterId: 'M-1', kwhConsumedAc: 0.1, voltage: 230, timestamp });
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${url}/v1/ingest`, { method: 'POST', body, headers });
  const { status, errors } = (await response.json()) as { status: unknown; errors?: { code: string }[] };
  return `${response.status} ${errors?.map(({ code }) => code).join() ?? status}`;
}

async function historyOf({ url }: ServiceProcess): Promise<readonly string[]> {
  const response = await fetch(`${url}/v1/meters/M-1/history?window=1h`);
  return ((await response.json()) as { data: { timestamp: string }[] }).data.map(({ timestamp }) => timestamp);
}

/** Resolves when all background work was done once. */
async function worked(service: ServiceProcess): Promise<void> {
  const isLast = ({ message, task }: Readonly<Record<string, unknown>>) =>
    message === 'background task done' && task === 'drop old history';
  await expect.poll(() => service.log.some(isLast), { timeout: 60_000 }).toBe(true);
}

const warnings = ({ log }: ServiceProcess) => log.filter(({ level }) => level === 'warn').map(({ message }) => message);

describe.each(durableStoresUnderTest())('the engine on $name', (under) => {
  const start = async (environment: Readonly<Record<string, string>> = {}, how: 'start' | 'startUnready' = 'start') => {
    const common = { EIE_RETENTION: '32d', LOG_LEVEL: 'debug', ...under.environment };
    const service = await ServiceProcess[how]({ ...common, ...environment });
    onTestFinished(() => service.signal('SIGKILL'));
    return service;
  };

  it('loses nothing by runs with clocks that are wrong, and goes on with the right one', async () => {
    onTestFinished(() => under.remove());
    const right = await start();
    const first = Date.now();
    expect(await post(right, first)).toBe('201 stored');
    await worked(right);
    await right.stop();

    const ahead = await start(shifted(A_YEAR_AND_MORE));
    expect(await post(ahead, Date.now())).toBe('201 stored');
    expect(await post(ahead, Date.now() + A_YEAR_AND_MORE)).toBe('201 stored');
    await worked(ahead);
    expect(warnings(ahead)).toContain('the clock has jumped ahead');
    await ahead.stop();

    for (const by of [-A_YEAR_AND_MORE, -3 * HOUR]) {
      const behind = await start(shifted(by), 'startUnready');
      expect(await post(behind, Date.now())).toBe('503 clock-behind');
      await behind.stop();
    }

    const again = await start();
    expect(await post(again, Date.now())).toBe('201 stored');
    expect(await historyOf(again)).toHaveLength(3);
    expect(await historyOf(again)).toContain(new Date(first).toISOString());
    expect(warnings(again)).toEqual(['the clock had jumped ahead in an earlier run; no history was dropped by it']);
    await worked(again);
    await again.stop();
  });
});
