import { styleText } from 'node:util';
import type { LogEvent, LogLevel } from './log-event.ts';
import { PlainError, plainMembers } from './plain-value.ts';

const COLOURS = { error: 'red', warn: 'yellow', info: 'green', debug: 'blue' } as const;
const LEVEL_WIDTH = 5;

/** What a terminal might obey instead of showing it: control, direction and invisible characters, line separators. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/**
 * A line for people: time, level, message, fields. Of an error it has name and message; the stack and the causes follow on
 * indented lines at level `error`, or for all errors if the logger's level is `debug`. Nothing in it controls a terminal.
 */
export function prettyLine({ timestamp, level, message, fields }: LogEvent, loggerLevel: LogLevel): string {
  const plain = Object.entries(plainMembers(fields));
  const head = `${dim(timestamp)} ${coloured(level)} ${printable(message)}`;
  const shown = plain.flatMap(([name, value]) => field(name, value instanceof PlainError ? String(value) : value));
  const hasStacks = level === 'error' || loggerLevel === 'debug';
  const stacks = hasStacks ? plain.flatMap(([, value]) => stackLines(value)) : [];
  return [shown.length === 0 ? head : `${head}  ${shown.join(' ')}`, ...stacks].join('\n');
}

function field(name: string, value: unknown): string[] {
  const text = typeof value === 'string' && isBare(value) ? value : JSON.stringify(value);
  if (text === undefined) return [];
  return [`${dim(`${isBare(name) ? name : printable(JSON.stringify(name))}=`)}${printable(text)}`];
}

/** Whether a text needs no quotes to be seen as one word. */
function isBare(text: string): boolean {
  return /^[^\s"]+$/.test(text) && printable(text) === text;
}

/** The frames of an error, then the errors of an aggregate, then its cause likewise. */
function stackLines(error: unknown): string[] {
  if (!(error instanceof PlainError)) return [];
  const { cause, errors = [] } = error;
  return [
    ...frames(error).map((frame) => `    ${printable(frame)}`),
    ...errors.map((listed) => `  - ${printable(listed)}`),
    ...(cause === undefined ? [] : [`  caused by ${printable(String(cause))}`, ...stackLines(cause)]),
  ];
}

/** The stack without the message before it, which may have lines that look like frames. */
function frames({ message, stack }: PlainError): string[] {
  const begin = stack.indexOf(message);
  const lines = stack.slice(begin === -1 ? 0 : begin + message.length).split('\n');
  return lines.filter((line) => /^\s+at /.test(line)).map((line) => line.trim());
}

/** The text with unprintable characters written as in JSON: `\n`, `\u001b`. */
function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => {
    const json = JSON.stringify(character).slice(1, -1);
    return json === character ? character.split('').map(unicodeEscape).join('') : json;
  });
}

function unicodeEscape(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** Colours are written to terminals that show them, unless `NO_COLOR` is set. */
function coloured(level: LogLevel): string {
  return styleText(COLOURS[level], level.padEnd(LEVEL_WIDTH), { stream: process.stdout });
}

function dim(text: string): string {
  return styleText('dim', text, { stream: process.stdout });
}
