import { subscribe } from 'node:diagnostics_channel';
import { isMainThread, type Worker } from 'node:worker_threads';

// Loaded before the engine with `node --import`: SIGUSR2 crashes the thread that was started as number CRASHING_THREAD,
// from 0, as a mistake in it would. It is sent what no caller sends, and what it cannot take apart.
const threads: Worker[] = [];
if (isMainThread) {
  subscribe('worker_threads', (started) => threads.push((started as { worker: Worker }).worker));
  process.on('SIGUSR2', () => threads[Number(process.env.CRASHING_THREAD)]?.postMessage(null));
}
