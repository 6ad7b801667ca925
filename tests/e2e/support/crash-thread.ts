import { subscribe } from 'node:diagnostics_channel';
import { isMainThread, type Worker } from 'node:worker_threads';

// Loaded before the engine with `node --import`. SIGUSR2 crashes worker thread number CRASHING_THREAD, in the order of
// their start from 0, as a bug in it would: it is sent a message that it cannot destructure.
const threads: Worker[] = [];
if (isMainThread) {
  subscribe('worker_threads', (started) => threads.push((started as { worker: Worker }).worker));
  process.on('SIGUSR2', () => threads[Number(process.env.CRASHING_THREAD)]?.postMessage(null));
}
