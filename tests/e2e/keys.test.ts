import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { bearer } from '#tests/support/api-keys';
import { ServiceProcess } from '#tests/support/service-process';
import { temporaryDirectory } from '#tests/support/temporary-directory';

const ROOT = join(import.meta.dirname, '../..');
const EVERYWHERE = { HOST: '0.0.0.0', EIE_STORE: 'memory' };

/** Runs `energy-ingestion-engine keys ...`; resolves with what it prints. */
function keys(file: string, ...args: string[]): Promise<string> {
  const options = { cwd: ROOT, env: { PATH: process.env.PATH, EIE_API_KEYS_FILE: file } };
  return new Promise((resolve, reject) => {
    execFile(process.execPath, ['src/main.ts', 'keys', ...args], options, (error, stdout) => {
      if (error) reject(error);
      else resolve(stdout.trim());
    });
  });
}

async function started(environment: Readonly<Record<string, string>>) {
  const service = await ServiceProcess.start(environment);
  onTestFinished(() => service.signal('SIGKILL'));
  return { service, url: service.url.replace('0.0.0.0', '127.0.0.1') };
}

const reading = (meterId: string) => ({ meterId, kwhConsumedAc: 0.1, voltage: 230, timestamp: Date.now() });

async function post(url: string, key: string, body: unknown): Promise<number> {
  const headers = { 'content-type': 'application/json', ...bearer(key) };
  return (await fetch(`${url}/v1/ingest`, { method: 'POST', headers, body: JSON.stringify(body) })).status;
}

describe('an engine on a network', () => {
  it('does not start without keys, and says how to go on', async () => {
    const { code, stderr } = await ServiceProcess.refused(EVERYWHERE);

    expect(code).toBe(1);
    expect(stderr).toContain('EIE_API_KEYS_FILE');
    expect(stderr).toContain('EIE_AUTH=off');
  });

  it('does not start with a file of keys that is missing or broken', async () => {
    const file = join(temporaryDirectory(), 'keys.json');
    const missing = await ServiceProcess.refused({ ...EVERYWHERE, EIE_API_KEYS_FILE: file });
    writeFileSync(file, '{"keys":[{"name":"x"}]}');
    const broken = await ServiceProcess.refused({ ...EVERYWHERE, EIE_API_KEYS_FILE: file });

    for (const { code, stderr } of [missing, broken]) {
      expect(code).toBe(1);
      expect(stderr).toMatch(/^the engine cannot start: .+\n$/);
      expect(stderr).toContain(file);
    }
    expect(missing.stderr).toContain('keys create');
  });

  it('starts without them if that is wanted, with a warning', async () => {
    const { service, url } = await started({ ...EVERYWHERE, EIE_AUTH: 'off' });

    expect((await fetch(`${url}/v1/links`)).status).toBe(200);
    expect(service.log).toContainEqual(expect.objectContaining({ level: 'warn', host: '0.0.0.0' }));
  });

  it('takes up keys that are made, changed and revoked while it runs, and never logs a secret', async () => {
    const file = join(temporaryDirectory(), 'keys.json');
    const first = await keys(file, 'create', '--name', 'first', '--scopes', 'ingest');
    const { service, url } = await started({ ...EVERYWHERE, EIE_API_KEYS_FILE: file, LOG_LEVEL: 'debug' });
    expect(await post(url, first, reading('M-1'))).toBe(201);
    const info = service.log.find(({ message }) => message === 'the engine is listening');
    expect(info).toMatchObject({ keys: 1, version: expect.any(String), store: 'memory', next: expect.any(String) });

    const second = await keys(file, 'create', '--name', 'second', '--scopes', 'ingest', '--devices', 'M-2');
    service.signal('SIGHUP');
    await expect.poll(() => post(url, second, reading('M-2'))).toBe(201);
    expect(await post(url, second, reading('M-3'))).toBe(403);
    await keys(file, 'revoke', 'first');
    await expect.poll(() => post(url, first, reading('M-4'))).toBe(401);
    expect(await post(url, second, reading('M-2'))).toBe(201);

    // Wherever a key may be written by mistake.
    await post(url, second, reading(second));
    await post(url, second, { [second]: 1, meterId: 'M-2' });
    await fetch(`${url}/v1/links?key=${second}`);
    await fetch(`${url}/${second}`, { headers: bearer(second) });
    await fetch(`${url}/v1/links/${first}`, { headers: { 'x-request-id': second, ...bearer(first) } });
    const { code, stdout, stderr } = await service.stop();

    expect(code).toBe(0);
    expect(stdout).toContain('"key":"second"');
    expect(stdout).toContain('"client":"127.0.0.1"');
    for (const key of [first, second]) expect(stdout + stderr).not.toContain(key.slice(-43));
  });

  it('sees the clients behind a trusted proxy', async () => {
    const { service, url } = await started({ ...EVERYWHERE, EIE_AUTH: 'off', EIE_TRUSTED_PROXIES: '127.0.0.0/8' });
    const headers = { 'content-type': 'application/json', 'x-forwarded-for': '203.0.113.7' };
    await fetch(`${url}/v1/ingest`, { method: 'POST', headers, body: '{}' });
    const { stdout } = await service.stop();

    expect(stdout).toContain('"client":"203.0.113.7"');
  });
});
