import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../../..');

/** Runs a few lines with a logger in a separate process, and returns its output. */
function written(level: string, lines: string): Promise<{ stdout: string; stderr: string }> {
  const script = `
    import { createWinstonLogger } from '#adapters/outbound/observability/winston-logger';
    const logger = createWinstonLogger(${JSON.stringify(level)});
    ${lines}`;
  return new Promise((done, fail) => {
    execFile(process.execPath, ['--input-type=module', '--eval', script], { cwd: ROOT }, (error, stdout, stderr) => {
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
       logger.debug('too much');`,
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
