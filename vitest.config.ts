import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { configDefaults, defineConfig } from 'vitest/config';

/** On real stores: SQLite files and a mongod. Of the use cases, those whose rule has to hold on every store. */
const STORES = [
  'tests/adapters/{sqlite,mongodb}/**/*.test.ts',
  'tests/contracts/{sqlite-store,mongodb-store,changed-streams,planted-bugs}.test.ts',
  'tests/infrastructure/wrong-clock.test.ts',
  'tests/application/{audit-history,causes-of-a-low-*,close-hours,exact-energy,numbers-that-cannot-be,uneven-readings,unlinked-warnings}.test.ts',
];

/** With processes of their own or over sockets: the engine as users start it, the package, the examples, the checks. */
const E2E = [
  'tests/{e2e,build,examples}/**/*.test.ts',
  'tests/architecture.test.ts',
  'tests/adapters/http/*over-a-socket.test.ts',
  'tests/adapters/observability/winston-logger.test.ts',
  'tests/infrastructure/{http-*,launch,service}.test.ts',
];

/** Upper bounds for a busy or slow machine. No test waits this long when all is well. */
const POLL = { expect: { poll: { timeout: 20_000 } } };
const SLOW_MACHINE = { testTimeout: 120_000, hookTimeout: 120_000, ...POLL };

// The tests start hundreds of threads and processes that load the same modules. Node checks cached code by its source.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, 'node_modules/.cache/node-compile-cache');

export default defineConfig({
  test: {
    globalSetup: ['tests/support/mongod-on-demand.ts'],
    maxWorkers: availableParallelism() + 1, // many e2e tests wait for a timeout of the engine
    projects: [
      {
        test: {
          name: 'unit', // everything else: no database, no child process
          include: ['tests/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...STORES, ...E2E],
          testTimeout: 30_000,
          ...POLL,
          // Loading the modules anew for each file would cost more than the tests themselves.
          pool: 'threads',
          isolate: false,
        },
      },
      { test: { name: 'stores', include: STORES, ...SLOW_MACHINE } },
      { test: { name: 'e2e', include: E2E, ...SLOW_MACHINE } },
    ],
  },
});
