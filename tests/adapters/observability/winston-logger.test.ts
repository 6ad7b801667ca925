import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { KEY_TEXT } from '#application/access/api-key';

const ROOT = resolve(import.meta.dirname, '../../..');

interface Setting {
  format?: string;
  env?: Record<string, string>;
  /** Run before the logger is made. */
  before?: string;
}

/** Runs a few lines with a logger in a separate process, and returns its output. */
function written(
  level: string,
  lines: string,
  { format, env = {}, before = '' }: Setting = {},
): Promise<{ stdout: string; stderr: string }> {
  const script = `
    import { mock } from 'node:test';
    import { WriteStream } from 'node:tty';
    import { createWinstonLogger } from '#adapters/outbound/observability/winston-logger';
    ${before}
    const logger = createWinstonLogger(${[level, format].map((word) => JSON.stringify(word)).join()});
    ${lines}`;
  const options = { cwd: ROOT, env: { ...process.env, FORCE_COLOR: undefined, NO_COLOR: undefined, ...env } };
  return new Promise((done, fail) => {
    execFile(process.execPath, ['--input-type=module', '--eval', script], options, (error, stdout, stderr) => {
      if (error) fail(error);
      else done({ stdout, stderr });
    });
  });
}

const parsed = (stdout: string): Record<string, unknown>[] =>
  stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

describe('the Winston logger', () => {
  let stdout: string;
  let stderr: string;
  let lines: Record<string, unknown>[];
  beforeAll(async () => {
    ({ stdout, stderr } = await written(
      'info',
      `logger.info('plain');
       logger.info('fields', { readings: 3, window: { from: 1 }, text: 'two\\nlines' });
       logger.error('failed', { error: new TypeError('outer', { cause: new Error('inner', { cause: 'a word' }) }) });
       logger.error('failed', { error: Object.assign(new Error('wrong'), { name: 'StoreUnavailableError' }) });
       logger.error('failed', { error: new AggregateError([new RangeError('one'), 'two', ...Array(99).fill(0)], 'all') });
       logger.warn('warned');
       logger.debug('too much');
       logger.info('100%s', { zebra: 1, ant: 2, message: 'of the field', level: 'none' });
       const circular = { big: 2n ** 64n, get broken() { throw new Error() } };
       circular.self = circular;
       circular.error = new Error('nested', { cause: new Error('its cause') });
       const deep = JSON.parse('['.repeat(5_000) + ']'.repeat(5_000));
       const loop = new Error('loop');
       loop.cause = loop;
       logger.info('hard', { circular, deep, loop, get broken() { throw new Error() } });`,
    ));
    lines = parsed(stdout);
  });

  it('writes one line of JSON per call, all on stdout', () => {
    expect(lines.map(({ level, message }) => `${level} ${message}`)).toEqual([
      'info plain',
      'info fields',
      'error failed',
      'error failed',
      'error failed',
      'warn warned',
      'info 100%s',
      'info hard',
    ]);
    expect(stderr).toBe('');
  });

  it('adds the time in UTC', () => {
    for (const { timestamp } of lines) expect(timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });

  it('writes fields next to the message, unchanged', () => {
    expect(lines[1]).toMatchObject({ readings: 3, window: { from: 1 }, text: 'two\nlines' });
  });

  it('writes an error with its stack and its causes', () => {
    expect(lines[2]?.error).toMatchObject({
      name: 'TypeError',
      message: 'outer',
      stack: expect.stringContaining('at '),
      cause: { name: 'Error', message: 'inner', stack: expect.stringContaining('at ') },
    });
    expect(lines[3]?.error).toMatchObject({ name: 'StoreUnavailableError', message: 'wrong' });
  });

  it('lists the first errors of an aggregate', () => {
    const first = ['RangeError: one', 'two', ...Array(8).fill('0')];
    expect(lines[4]?.error).toMatchObject({ message: 'all', errors: first });
  });

  it('writes time, level and message first, then the fields in their order', () => {
    const { timestamp, ...rest } = lines[6] ?? {};
    expect(stdout).toContain(`{"timestamp":"${timestamp}",${JSON.stringify(rest).slice(1)}\n`);
    expect(JSON.stringify(rest)).toBe('{"level":"info","message":"100%s","zebra":1,"ant":2}');
  });

  it('writes a word for what JSON cannot hold', () => {
    expect(lines[7]).toMatchObject({
      circular: {
        big: '18446744073709551616',
        broken: '[Unreadable]',
        self: '[Circular]',
        error: { message: 'nested', cause: { message: 'its cause' } },
      },
      loop: { message: 'loop', cause: '[Circular]' },
      broken: '[Unreadable]',
    });
    expect(JSON.stringify(lines[7]?.deep)).toBe(`${'['.repeat(20)}"[Too deep]"${']'.repeat(20)}`);
  });

  it('does not end the process when the reader of its output is gone', async () => {
    const script = `
      import { createWinstonLogger } from '#adapters/outbound/observability/winston-logger';
      const logger = createWinstonLogger('info');
      process.stdin.once('end', () => {
        logger.info('to nobody');
        setTimeout(() => (logger.info('to nobody'), process.exit(7)), 100);
      }).resume();`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], { cwd: ROOT });
    let stderr = '';
    child.stderr.on('data', (text) => {
      stderr += text;
    });
    child.stdout.destroy();
    child.stdin.end();

    const [code] = await once(child, 'close');

    expect({ code, stderr }).toEqual({ code: 7, stderr: '' });
  });

  it.each([
    ['error', ['error']],
    ['warn', ['error', 'warn']],
    ['info', ['error', 'warn', 'info']],
    ['debug', ['error', 'warn', 'info', 'debug']],
  ])('writes at level %s the lines of %j', async (level, expected) => {
    const { stdout } = await written(level, "for (const l of ['error', 'warn', 'info', 'debug']) logger[l]('line');");

    expect(parsed(stdout).map((line) => line.level)).toEqual(expected);
  });

  it('does not lose the last lines when the process exits right afterwards', async () => {
    const { stdout } = await written('info', "for (const i of [1, 2, 3]) logger.info('line', { i }); process.exit(0);");

    expect(parsed(stdout).map(({ i }) => i)).toEqual([1, 2, 3]);
  });
});

describe('pretty lines', () => {
  const pretty = { format: 'pretty', env: { TZ: 'Asia/Kolkata' } };
  const FIXED_TIME = "mock.timers.enable({ apis: ['Date'], now: Date.UTC(2026, 0, 1, 5, 11, 3, 214) });";
  const TERMINAL = 'process.stdout.isTTY = true; process.stdout.getColorDepth = WriteStream.prototype.getColorDepth;';

  it('show local time, and stacks at level debug', async () => {
    const lines = "logger.info('failed', { error: new Error('why') });";

    const { stdout, stderr } = await written('info', lines, { ...pretty, before: FIXED_TIME });
    const debug = await written('debug', lines, { ...pretty, before: FIXED_TIME });

    expect(stdout).toBe('10:41:03.214 info  failed  error="Error: why"\n');
    expect(stderr).toBe('');
    expect(debug.stdout).toMatch(/^10:41:03\.214 info {2}failed {2}error="Error: why"\n(?: {4}at .*\n)+$/);
  });

  it('are coloured for a terminal, unless NO_COLOR is set', async () => {
    const line = "logger.warn('warned', { on: true });";

    const coloured = await written('info', line, { before: TERMINAL, env: { FORCE_COLOR: '1' } });
    const plain = await written('info', line, { before: TERMINAL, env: { NO_COLOR: '1' } });

    expect(coloured.stdout).toContain('\u001b[33mwarn \u001b[39m warned  \u001b[2mon=\u001b[22mtrue');
    expect(plain.stdout).toMatch(/^[\d:.]{12} warn {2}warned {2}on=true\n$/);
  });

  it('give way to JSON on request, even on a terminal', async () => {
    const { stdout } = await written('info', "logger.info('line');", {
      format: 'json',
      before: TERMINAL,
    });

    expect(parsed(stdout)).toMatchObject([{ message: 'line' }]);
  });
});

describe('an API key', () => {
  const id = '0123456789ab';
  const secret = `-_${'Ab3-_'.repeat(8)}X`;
  const key = `eie_${id}_${secret}`;

  it.each(['json', 'pretty'])('is masked wherever it is logged as %s', async (format) => {
    expect(key).toMatch(new RegExp(`^${KEY_TEXT.source}$`));
    const { stdout } = await written(
      'info',
      `const key = ${JSON.stringify(key)};
       logger.info('from ' + key, { deviceId: key, twice: key + key, nested: [{ in: [[key]] }], [key]: { [key]: 1 } });
       logger.info('after an escape or a letter', { line: '\\n' + key, escape: '\\u001b' + key, letter: 'x' + key });
       logger.info('cut off', { detail: key.slice(0, -1) });
       const cause = new AggregateError([new Error(key)], key, { cause: new Error('\\n' + key) });
       logger.error('failed', { error: new Error('bad key ' + key, { cause }) });`,
      { format },
    );

    expect(stdout.match(new RegExp(`eie_${id}_\\*{3}`, 'g'))?.length).toBeGreaterThan(12);
    expect(stdout).not.toContain(secret.slice(0, 10));
    expect(stdout).not.toContain(secret.slice(-10));
  });
});
