import type { SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite';

/**
 * The rows of a statement, one at a time. After an error Node leaves the statement as it failed, and its next iteration
 * begins with the same error: a read of intact data would report the damage that an earlier one has found.
 */
export function* eachRow(
  statement: StatementSync,
  parameters: Record<string, SQLInputValue>,
): Generator<Record<string, SQLOutputValue>, void, void> {
  try {
    yield* statement.iterate(parameters);
  } catch (error) {
    reset(statement);
    throw error;
  }
}

function reset(statement: StatementSync): void {
  try {
    statement.iterate().return?.();
  } catch {
    // The earlier error for the last time.
  }
}
