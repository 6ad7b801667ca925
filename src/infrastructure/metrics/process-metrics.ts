import { readdir } from 'node:fs/promises';
import type { Metric } from '@prometheus-io/client';
import { SECOND } from '#domain/time/time';
import { openFilesLimit } from '../max-connections.ts';
import { counter, gauge, type Sample } from './metric.ts';

const MICROSECONDS = 1e6;

/**
 * Metrics about the process, under the names that every client library of Prometheus uses. The library's own come all or
 * none, and with them an observer of every garbage collection, which costs more than all that is measured here.
 */
export function processMetrics(): Metric[] {
  const started = (Date.now() - process.uptime() * SECOND) / SECOND;
  const maxFiles = openFilesLimit();
  return [
    counter('process_cpu_seconds_total', 'CPU time spent, by all threads.', () => {
      const { user, system } = process.cpuUsage();
      return [{ value: (user + system) / MICROSECONDS }];
    }),
    gauge('process_resident_memory_bytes', 'Resident memory.', () => [{ value: process.memoryUsage.rss() }]),
    gauge('process_start_time_seconds', 'When the process started, in seconds since 1970.', () => [{ value: started }]),
    gauge('process_open_fds', 'Open file descriptors.', openFiles),
    gauge('process_max_fds', 'Maximum number of open file descriptors.', () =>
      maxFiles === undefined ? [] : [{ value: maxFiles }],
    ),
    gauge('nodejs_heap_size_used_bytes', "The used part of the main thread's heap.", () => [
      { value: process.memoryUsage().heapUsed },
    ]),
  ];
}

/** Known on Linux only; elsewhere it rejects, and the value is left out. */
async function openFiles(): Promise<readonly Sample[]> {
  return [{ value: (await readdir('/proc/self/fd')).length }];
}
