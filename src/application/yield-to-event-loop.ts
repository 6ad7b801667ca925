/** Lets what waits for the main thread, such as requests that have arrived, go first. For loops over a whole fleet. */
export function yieldToEventLoop(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
