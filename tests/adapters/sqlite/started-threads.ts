import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Worker } from 'node:worker_threads';
import { onTestFinished } from 'vitest';

/**
 * The threads started during the test, in order. A store starts its writer, then the readers: of the live state of single
 * devices, of everything that may take long, and of pages on more than two processors.
 */
export function startedThreads(): Worker[] {
  const threads: Worker[] = [];
  const add = (started: unknown) => threads.push((started as { worker: Worker }).worker);
  subscribe('worker_threads', add);
  onTestFinished(() => void unsubscribe('worker_threads', add));
  return threads;
}
