import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../../..');

/** Runs a few lines with a logger in a process of its own, and gives what that wrote. */
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
       logger.warn('warned');
       logger.debug('too much');`,
    ));
    lines = parsed(stdout);
  });

  it('writes one line of JSON for each call, all of them on stdout', () => {
    expect(lines.map(({ level, message }) => `${level} ${message}`)).toEqual([
      'info plain',
      'info fields',
      'error failed',
      'error failed',
      'warn warned',
    ]);
    expect(stderr).toBe('');
  });

  it('says when, in UTC', () => {
    for (const { timestamp } of lines) expect(timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });

  it('writes fields beside the message as they are', () => {
    expect(lines[1]).toMatchObject({ readings: 3, window: { from: 1 }, text: 'two\nlines' });
  });

  it('spells an error out, with its stack and its causes', () => {
    expect(lines[2]?.error).toMatchObject({
      name: 'TypeError',
      message: 'outer',
      stack: expect.stringContaining('at '),
      cause: { name: 'Error', message: 'inner', stack: expect.stringContaining('at ') },
    });
    expect(lines[3]?.error).toMatchObject({ name: 'StoreUnavailableError', message: 'wrong' });
  });

  it.each([
    ['error', ['error']],
    ['warn', ['error', 'warn']],
    ['info', ['error', 'warn', 'info']],
    ['debug', ['error', 'warn', 'info', 'debug']],
  ])('at level %s writes %j', async (level, expected) => {
    const { stdout } = await written(level, "for (const l of ['error', 'warn', 'info', 'debug']) logger[l]('line');");

    expect(parsed(stdout).map((line) => line.level)).toEqual(expected);
  });

  it('has written its last lines when the process exits right after', async () => {
    const { stdout } = await written('info', "for (const i of [1, 2, 3]) logger.info('line', { i }); process.exit(0);");

    expect(parsed(stdout).map(({ i }) => i)).toEqual([1, 2, 3]);
  });
});
