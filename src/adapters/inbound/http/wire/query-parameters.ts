import type { Context } from 'hono';
import { DEVICE_ID_RULE, isDeviceId } from '#domain/reading/device-id';
import { similarName } from '#domain/reading/similar-name';
import type { EpochMillis } from '#domain/time/time';
import { parseRfc3339 } from '#domain/time/timestamp';
import { decodeCursor } from './cursor.ts';
import { alternatives, type ProblemError, Refusal } from './problem.ts';

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1000;
/** Unknown parameters that a refusal lists, and how much of their names. */
const MAX_UNKNOWN = 10;
const MAX_NAME_LENGTH = 64;

/**
 * Reads query parameters and collects their errors, so that one response lists them all: `check` throws them. Each may be
 * given once, and one that was not read is unknown. Call `check` when all have been read, before using the values.
 */
export class QueryParameters {
  readonly #values: URLSearchParams;
  readonly #known = new Set<string>();
  readonly #errors: ProblemError[] = [];

  constructor(c: Context) {
    this.#values = new URL(c.req.url).searchParams;
  }

  /** The value as sent, or `undefined`. */
  text(name: string): string | undefined {
    this.#known.add(name);
    const [value, ...more] = this.#values.getAll(name);
    if (more.length > 0) this.fail(name, 'must be given only once');
    return value;
  }

  /** `true` or `false`; false when absent. */
  flag(name: string): boolean {
    const text = this.text(name);
    if (text !== undefined && text !== 'true' && text !== 'false') this.fail(name, 'must be true or false');
    return text === 'true';
  }

  /** Whether the parameter is given; its value must be `allowed`. */
  word(name: string, allowed: string): boolean {
    const text = this.text(name);
    if (text !== undefined && text !== allowed) this.fail(name, `must be ${allowed} if given`);
    return text === allowed;
  }

  deviceId(name: string): string | undefined {
    const text = this.text(name);
    if (text !== undefined && !isDeviceId(text)) this.fail(name, DEVICE_ID_RULE);
    return text;
  }

  time(name: string): EpochMillis | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const parsed = parseRfc3339(text);
    if (typeof parsed === 'number') return parsed;
    const unescaped = / \d\d:\d\d$/.test(text) ? ' (write + as %2B in a query)' : '';
    this.fail(name, `${parsed.detail}${unescaped}`);
    return undefined;
  }

  choice<Word extends string>(name: string, words: readonly Word[]): Word | undefined {
    const text = this.text(name);
    const word = words.find((one) => one === text);
    if (text !== undefined && word === undefined) this.fail(name, `must be ${alternatives.format(words)}`);
    return word;
  }

  limit(): number {
    const text = this.text('limit');
    if (text === undefined) return DEFAULT_LIMIT;
    const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0;
    if (limit < 1 || limit > MAX_LIMIT) this.fail('limit', `must be an integer from 1 to ${MAX_LIMIT}`);
    return limit;
  }

  /** The position that the cursor encodes, or `undefined` on the first page. */
  cursor(): string | undefined {
    return this.position((text) => text);
  }

  /** Like `cursor`, parsed by the list that made it; `read` returns `undefined` for the cursor of another list. */
  position<T>(read: (text: string) => T | undefined): T | undefined {
    const text = this.text('cursor');
    if (text === undefined || text === '') return undefined;
    const decoded = decodeCursor(text);
    const position = decoded === undefined ? undefined : read(decoded);
    if (position === undefined) this.fail('cursor', 'is not a cursor of this list');
    return position;
  }

  /** Records an error of a parameter, once even if the parameter is read several times. */
  fail(name: string, detail: string): void {
    const shown = name.slice(0, MAX_NAME_LENGTH);
    const pointer = `/${shown.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    const error = { pointer, code: 'invalid-query', detail: `${shown === '' ? '""' : shown} ${detail}` };
    if (!this.#errors.some((known) => known.detail === error.detail)) this.#errors.push(error);
  }

  /** Throws `Refusal` with all errors recorded so far and all parameters that were not read, if any. */
  check(): void {
    const unknown = [...new Set(this.#values.keys())].filter((name) => !this.#known.has(name));
    for (const name of unknown.slice(0, MAX_UNKNOWN)) this.fail(name, this.#notKnown(name));
    if (this.#errors.length === 0) return;
    const detail = this.#errors.map((error) => error.detail).join('; ');
    throw new Refusal('invalid-query', `Invalid query: ${detail}.`, { errors: this.#errors });
  }

  #notKnown(name: string): string {
    const known = [...this.#known].sort();
    if (known.length === 0) return 'is not a parameter here; there are none';
    const similar = similarName(name, known);
    if (similar !== undefined) return `is not a parameter here (did you mean ${similar}?)`;
    return `is not a parameter here; use ${alternatives.format(known)}`;
  }
}

/** Refuses any query parameter, for a resource that has none. Throws `Refusal`. */
export function refuseQuery(c: Context): void {
  if (c.req.url.includes('?')) new QueryParameters(c).check();
}

/** Drops the members that are `undefined`, for queries whose optional members must then be absent. */
export function given<T extends object>(members: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
