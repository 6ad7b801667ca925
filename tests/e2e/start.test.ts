import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { v8Flags } from '#infrastructure/launch';
import { ServiceProcess } from '#tests/support/service-process';
import { temporaryDirectory } from '#tests/support/temporary-directory';

describe('the engine', () => {
  it('starts on SQLite with only a directory configured, and serves', async () => {
    const directory = temporaryDirectory();
    const service = await ServiceProcess.start({ EIE_DATA_DIR: directory });
    onTestFinished(() => service.signal('SIGKILL'));

    expect(service.log).toMatchObject([{ message: 'the engine is listening', store: 'sqlite', url: service.url }]);
    expect(await (await fetch(`${service.url}/health/ready`)).json()).toEqual({ status: 'ready' });
    expect(await service.stop()).toMatchObject({ code: 0, stderr: '' });
  });

  it("runs with V8's flags even when started without them", async () => {
    const service = await ServiceProcess.start({ EIE_STORE: 'memory' });
    onTestFinished(() => service.signal('SIGKILL'));

    const commandLine = readFileSync(`/proc/${service.log[0]?.pid}/cmdline`, 'utf8').split('\0');
    expect(commandLine).toEqual(expect.arrayContaining(v8Flags()));
  });

  it('listens on the loopback interface only', async () => {
    const service = await ServiceProcess.start({ EIE_STORE: 'memory' });
    onTestFinished(() => service.signal('SIGKILL'));

    expect(new URL(service.url).hostname).toBe('127.0.0.1');
  });
});

describe('an invalid environment', () => {
  it.each<[string, Readonly<Record<string, string>>]>([
    ['EIE_NO_SUCH_THING is not a known setting', { EIE_NO_SUCH_THING: '1' }],
    ['EIE_MAX_AGES is not a known setting', { EIE_MAX_AGES: 'off' }],
    ['EIE_LOSS_THRESHOLD="much"', { EIE_LOSS_THRESHOLD: 'much' }],
    ['EIE_MAX_AGE="30"', { EIE_MAX_AGE: '30' }],
    ['PORT="seventy"', { PORT: 'seventy' }],
    ['HOST="0.0.0.0"', { HOST: '0.0.0.0' }],
    ['MONGODB_URI must be set', { EIE_STORE: 'mongodb' }],
  ])('ends the start with code 1 and "%s"', async (words, environment) => {
    const { code, stdout, stderr } = await ServiceProcess.refused({
      EIE_DATA_DIR: join(tmpdir(), 'x'),
      ...environment,
    });

    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('the configuration is not valid');
    expect(stderr).toContain(words);
    expect(stderr).not.toContain('    at '); // a message, not a stack
  });

  it('is reported with all its problems at once, and without possible passwords', async () => {
    const environment = { PORT: 'x', EIE_COLOUR: 'red', MONGODB_URI: 'mongo://admin:geheim@db.example' };
    const { code, stderr } = await ServiceProcess.refused(environment);

    expect(code).toBe(1);
    for (const name of ['PORT', 'EIE_COLOUR', 'MONGODB_URI']) expect(stderr).toContain(name);
    expect(stderr).not.toContain('geheim');
  });
});

/** The message on stderr when the engine gives up. */
async function reasonToGiveUp(environment: Readonly<Record<string, string>>): Promise<string> {
  const { code, stdout, stderr } = await ServiceProcess.refused(environment);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^the engine cannot start: .+\n$/); // one line, without a stack
  return stderr;
}

describe('an engine that cannot start', () => {
  it('reports which port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void other.close());
    await once(other, 'listening');
    const port = String((other.address() as AddressInfo).port);

    const reason = await reasonToGiveUp({ EIE_STORE: 'memory', PORT: port });

    expect(reason).toContain('address already in use');
    expect(reason).toContain(`127.0.0.1:${port}`);
    expect(reason).toContain('set PORT');
  });

  it('reports a host that it cannot listen on', async () => {
    const reason = await reasonToGiveUp({ EIE_STORE: 'memory', EIE_AUTH: 'off', HOST: 'no-such-host.invalid' });

    expect(reason).toContain('no-such-host.invalid; check PORT and HOST');
  });

  it('logs the stack at LOG_LEVEL=debug', async () => {
    const environment = { EIE_DATA_DIR: join(temporaryDirectory(), 'x'.repeat(300)) };
    const { stdout, stderr } = await ServiceProcess.refused({ ...environment, LOG_LEVEL: 'debug' });

    expect(stderr).toMatch(/^the engine cannot start: .*ENAMETOOLONG.+\n$/);
    expect(JSON.parse(stdout)).toMatchObject({ message: 'the engine cannot start', level: 'debug' });
    expect(JSON.parse(stdout).error.stack).toContain('    at ');
  });

  it('reports that another process is using the data directory, and does not disturb it', async () => {
    const directory = temporaryDirectory();
    const first = await ServiceProcess.start({ EIE_DATA_DIR: directory });
    onTestFinished(() => first.signal('SIGKILL'));

    const reason = await reasonToGiveUp({ EIE_DATA_DIR: directory });

    expect(reason).toContain('another process is using the data directory');
    expect(reason).toContain(directory);
    expect(reason).toContain('set EIE_DATA_DIR');
    expect((await fetch(`${first.url}/health/ready`)).status).toBe(200);
    await first.kill();
    const next = await ServiceProcess.start({ EIE_DATA_DIR: directory }); // kill -9 leaves no lock behind
    expect((await next.stop()).code).toBe(0);
  });

  it('reports which data directory it cannot use', async () => {
    const file = join(temporaryDirectory(), 'a-file');
    writeFileSync(file, '');

    expect(await reasonToGiveUp({ EIE_DATA_DIR: file })).toContain(file);
  });

  it('reports soon that MongoDB does not answer, without its password', { timeout: 60_000 }, async () => {
    const begin = performance.now();
    const reason = await reasonToGiveUp({
      EIE_STORE: 'mongodb',
      MONGODB_URI: 'mongodb://admin:geheim@127.0.0.1:2/?replicaSet=rs0',
    });

    expect(reason).toContain('127.0.0.1:2');
    expect(reason).not.toContain('geheim');
    expect(performance.now() - begin).toBeLessThan(20_000);
  });

  it.each([
    'mongodb://admin:geheim@',
    'mongodb://admin:geh@eim@localhost/',
    'mongodb://admin:geheim%@localhost/',
    'mongodb://admin:geheim@localhost/?replicaSet=',
    'mongodb://admin:geheim@localhost/?nonsense=1',
  ])('reports an invalid MongoDB address, without its password: %s', async (uri) => {
    const reason = await reasonToGiveUp({ EIE_STORE: 'mongodb', MONGODB_URI: uri });

    expect(reason).toContain('MONGODB_URI');
    expect(reason).not.toContain('geheim');
  });
});
