import type { Context } from 'hono';
import { isDeviceId } from '#domain/reading/device-id';
import type { EpochMillis } from '#domain/time/time';
import { parseRfc3339 } from '#domain/time/timestamp';
import { decodeCursor } from './cursor.ts';
import { type ProblemError, Refusal } from './problem.ts';

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1000;

/**
 * Reads query parameters and gathers what is wrong with them, so that one answer names every fault. Parameters that
 * nobody asks for are ignored; one that is asked for may be given once.
 */
export class QueryParameters {
  readonly #values: Record<string, string[]>;
  readonly #errors: ProblemError[] = [];

  constructor(c: Context) {
    this.#values = c.req.queries();
  }

  /** The value as sent, or `undefined`. */
  text(name: string): string | undefined {
    const values = Object.hasOwn(this.#values, name) ? this.#values[name] : undefined;
    if (values !== undefined && values.length > 1) this.fail(name, 'is given more than once');
    return values?.[0];
  }

  /** `true` or `false`; false when absent. */
  flag(name: string): boolean {
    const text = this.text(name);
    if (text !== undefined && text !== 'true' && text !== 'false') this.fail(name, 'must be true or false');
    return text === 'true';
  }

  /** The one word that is allowed; whether it was given. */
  word(name: string, allowed: string): boolean {
    const text = this.text(name);
    if (text !== undefined && text !== allowed) this.fail(name, `must be ${allowed} when it is given`);
    return text === allowed;
  }

  /** A device's id. */
  deviceId(name: string): string | undefined {
    const text = this.text(name);
    if (text !== undefined && !isDeviceId(text)) this.fail(name, 'must be 1 to 128 of A-Z a-z 0-9 . _ : -');
    return text;
  }

  /** An RFC 3339 time. */
  time(name: string): EpochMillis | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const parsed = parseRfc3339(text);
    if (typeof parsed === 'number') return parsed;
    const unescaped = / \d\d:\d\d$/.test(text) ? ' (a + in a query must be written %2B)' : '';
    this.fail(name, `${parsed.detail}${unescaped}`);
    return undefined;
  }

  /** One of a few words, or nothing. */
  choice<Word extends string>(name: string, words: readonly Word[]): Word | undefined {
    const text = this.text(name);
    const word = words.find((one) => one === text);
    if (text !== undefined && word === undefined) this.fail(name, `must be ${words.join(' or ')}`);
    return word;
  }

  /** How much of a list one page holds. */
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
    if (position === undefined) this.fail('cursor', 'is not a cursor that a page of this list gave');
    return position;
  }

  /** What is wrong is named once, however often the parameter is asked for. */
  fail(name: string, detail: string): void {
    const error = { pointer: `/${name}`, code: 'invalid-query', detail: `${name} ${detail}` };
    if (!this.#errors.some((known) => known.detail === error.detail)) this.#errors.push(error);
  }

  /** Refuses the request when anything read so far was wrong. */
  check(): void {
    if (this.#errors.length === 0) return;
    const detail = this.#errors.map((error) => error.detail).join('; ');
    throw new Refusal('invalid-query', `Query: ${detail}.`, { errors: this.#errors });
  }
}

/** The members that were given, for queries in which what is absent must not be there. */
export function given<T extends object>(members: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
