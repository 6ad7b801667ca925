import type { Context } from 'hono';
import { DEVICE_ID_RULE, isDeviceId } from '#domain/reading/device-id';
import type { EpochMillis } from '#domain/time/time';
import { parseRfc3339 } from '#domain/time/timestamp';
import { decodeCursor } from './cursor.ts';
import { alternatives, type ProblemError, Refusal } from './problem.ts';

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1000;

/**
 * Reads query parameters and collects their errors, so that one response lists them all: `check` throws them. Unknown
 * parameters are ignored; known ones may be given once. Call `check` before using the values.
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
    if (values !== undefined && values.length > 1) this.fail(name, 'must be given only once');
    return values?.[0];
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
    const error = { pointer: `/${name}`, code: 'invalid-query', detail: `${name} ${detail}` };
    if (!this.#errors.some((known) => known.detail === error.detail)) this.#errors.push(error);
  }

  /** Throws `Refusal` with all errors recorded so far, if any. */
  check(): void {
    if (this.#errors.length === 0) return;
    const detail = this.#errors.map((error) => error.detail).join('; ');
    throw new Refusal('invalid-query', `Invalid query: ${detail}.`, { errors: this.#errors });
  }
}

/** Drops the members that are `undefined`, for queries whose optional members must then be absent. */
export function given<T extends object>(members: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
