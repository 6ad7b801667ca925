import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { LogLevel } from '#adapters/outbound/observability/log-event';
import { prettyLine } from '#adapters/outbound/observability/pretty-line';

type Fields = Readonly<Record<string, unknown>>;

/** A line without its time, and without the places in stacks. */
function line(level: LogLevel, message: string, fields: Fields = {}, loggerLevel: LogLevel = 'info'): string {
  const written = prettyLine({ timestamp: '10:41:03.214', level, message, fields }, loggerLevel);
  expect(written).toMatch(/^10:41:03\.214 /);
  return written.slice('10:41:03.214 '.length).replace(/^(?: {4}at .*(?:\n|$))+/gm, '    at ...\n');
}

describe('a line for people', () => {
  beforeEach(() => {
    vi.stubEnv('FORCE_COLOR', undefined);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it('has level, message and the fields in their order', () => {
    expect(line('info', 'the engine is listening', { url: 'http://127.0.0.1:3000?a=b', store: 'sqlite' })).toBe(
      'info  the engine is listening  url=http://127.0.0.1:3000?a=b store=sqlite',
    );
    expect(line('warn', '100%s')).toBe('warn  100%s');
  });

  it.each([
    ['1.5', 1.5],
    ['null', null],
    ['10', 10n],
    ['word', 'word'],
    ['""', ''],
    ['"two words"', 'two words'],
    ['"\\""', '"'],
    ['[1,"b c"]', [1, 'b c']],
    ['{"zebra":1,"ant":{"b":"2"}}', { zebra: 1, ant: { b: 2n } }],
  ])('has a value as %s', (text, value) => {
    expect(line('info', 'line', { value })).toBe(`info  line  value=${text}`);
  });

  it('leaves out what has no value, and quotes a name with a space', () => {
    expect(line('info', 'line', { absent: undefined, call: () => 1, 'a name': true })).toBe(
      'info  line  "a name"=true',
    );
  });

  it('shows name and message of an error, and its stack and causes where somebody must act', () => {
    const all = new AggregateError([new RangeError('one'), 'two'], 'all');
    const error = new TypeError('outer', { cause: all });

    expect(line('warn', 'failed', { error, tries: 2 })).toBe('warn  failed  error="TypeError: outer" tries=2');
    const stacks = '    at ...\n  caused by AggregateError: all\n    at ...\n  - RangeError: one\n  - two';
    expect(line('error', 'failed', { error, tries: 2 })).toBe(
      `error failed  error="TypeError: outer" tries=2\n${stacks}`,
    );
    expect(line('info', 'failed', { error }, 'debug')).toBe(`info  failed  error="TypeError: outer"\n${stacks}`);
  });

  it('ends a chain of causes that leads back to itself', () => {
    const error = new Error('loop');
    error.cause = error;

    expect(line('error', 'failed', { error })).toBe(
      'error failed  error="Error: loop"\n    at ...\n  caused by [Circular]',
    );
  });

  it('lets no text control the terminal or forge a line', () => {
    const evil = '\u001b[2J\n\r\u0007\u007f\u009b31m\u202e\u2028\u{e0041}';
    const error = new Error(`${evil}\n    at evil`, { cause: new Error(evil) });
    error.name = evil;
    const fields = { text: evil, [evil]: { [evil]: [evil] }, error, all: new AggregateError([evil], '') };

    const written = line('error', evil, fields);

    const escaped = String.raw`\u001b[2J\n\r\u0007\u007f\u009b31m\u202e\u2028\udb40\udc41`;
    expect(written.split('\n')).toEqual([
      `error ${escaped}  text="${escaped}" "${escaped}"={"${escaped}":["${escaped}"]} ` +
        `error="${escaped}: ${escaped}\\n    at evil" all=AggregateError`,
      '    at ...',
      `  caused by Error: ${escaped}`,
      '    at ...',
      `  - ${escaped}`,
    ]);
  });

  it('shows no part of a message as the stack', () => {
    const error = new Error('first\n    at evil');

    expect(prettyLine({ timestamp: '', level: 'error', message: '', fields: { error } }, 'info')).not.toMatch(
      /^ +at evil/m,
    );
  });
});
