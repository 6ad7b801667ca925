import { Assert, type AssertStrict } from 'node:assert';

/** Rows of a database may have no prototype; only values count. */
const assert: AssertStrict = new Assert({ strict: true, skipPrototype: true });

/**
 * Throws unless both are deeply equal; `undefined` members count, prototypes do not. The message says what was
 * compared.
 */
export function equal<T>(actual: T, expected: T, message?: string): void {
  try {
    assert.deepStrictEqual(actual, expected);
  } catch (cause) {
    if (message === undefined) throw cause;
    throw new Error(`${message}: ${(cause as Error).message}`, { cause });
  }
}

/** Throws with the message unless the condition holds. */
export function ensure(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message);
}
