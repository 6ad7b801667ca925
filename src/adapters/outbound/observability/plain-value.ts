/** Errors of an aggregate that are written: the first ones are enough to understand a flood. */
const MAX_LISTED_ERRORS = 10;
/** Deeper values are cut: writing them takes stack space. */
const MAX_DEPTH = 20;

/**
 * The members of an object as data that JSON can write, in their order: errors with name, message, stack and cause, those
 * of an aggregate with name and message; bigints as text. Never throws: what cannot be written is replaced by a word.
 */
export function plainMembers(value: object, ancestors: readonly object[] = []): Record<string, unknown> {
  const names = Object.keys(value);
  return Object.fromEntries(
    names.map((name) => [name, readable(() => plainValue(Reflect.get(value, name), ancestors))]),
  );
}

function readable(read: () => unknown): unknown {
  try {
    return read();
  } catch {
    return '[Unreadable]';
  }
}

function plainValue(value: unknown, ancestors: readonly object[]): unknown {
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (ancestors.includes(value)) return '[Circular]';
  if (ancestors.length === MAX_DEPTH) return '[Too deep]';
  const within = [...ancestors, value];
  if (value instanceof Error) return new PlainError(value, within);
  if (Array.isArray(value)) return value.map((item) => readable(() => plainValue(item, within)));
  if ('toJSON' in value && typeof value.toJSON === 'function') return plainValue(value.toJSON(), within);
  return plainMembers(value, within);
}

/** An error as plain data. */
export class PlainError {
  readonly name: string;
  readonly message: string;
  readonly stack: string;
  /** Text instead of an error if the chain of causes leads back to itself or is too long. */
  readonly cause?: PlainError | string;
  /** Of an aggregate, with name and message. */
  readonly errors?: readonly string[];

  constructor(error: Error, within: readonly object[]) {
    this.name = String(error.name);
    this.message = String(error.message);
    this.stack = String(error.stack ?? '');
    if (error.cause instanceof Error)
      this.cause = readable(() => plainValue(error.cause, within)) as PlainError | string;
    if (error instanceof AggregateError) this.errors = Array.from(error.errors).slice(0, MAX_LISTED_ERRORS).map(String);
  }

  /** Name and message. */
  toString(): string {
    return this.message === '' ? this.name : `${this.name}: ${this.message}`;
  }
}
