/**
 * Yields to the event loop, so that pending requests run first. For loops over a whole fleet. Uses `setImmediate`, the
 * one global of Node in the application: a promise alone would go on before any pending I/O.
 */
export function yieldToEventLoop(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
