/**
 * The test functions that the suites are run with: those of vitest, of jest or of `node:test`. Where a runner limits the
 * time of a test, allow half a minute: some cases do a lot of work, and the machine may be busy.
 */
export interface TestFunctions {
  readonly describe: (title: string, define: () => void) => unknown;
  readonly it: DefineTest & { readonly skip: DefineTest };
}

type DefineTest = (title: string, test: () => Promise<void>) => unknown;
