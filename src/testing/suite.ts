import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StoreLifecycle } from '#application/ports/store-lifecycle';
import { type Capabilities, MISSING, type StoreUnderTest } from './store-under-test.ts';
import type { TestFunctions } from './test-functions.ts';

/** Tests a store at a new place. `again` opens the same place once more; all stores are closed after the test. */
export type Case<Store> = (store: Store, again: () => Promise<Store>, place: string) => Promise<void>;

/** Defines a case; `needs` lists the capabilities without which it does not apply. */
export type DefineCase<Store> = (title: string, run: Case<Store>, needs?: readonly (keyof Capabilities)[]) => void;

/** Defines a suite of cases, each of which opens a store at a place of its own. `needs` holds for all of them. */
export function suite<Store extends StoreLifecycle>(
  { describe, it }: TestFunctions,
  subject: StoreUnderTest<Store>,
  title: string,
  define: (it: DefineCase<Store>) => void,
  needs: readonly (keyof Capabilities)[] = [],
): void {
  describe(`${subject.name}: ${title}`, () => {
    define((title, run, own = []) => {
      const missing = [...needs, ...own].find((capability) => !subject.capabilities[capability]);
      const test = () => atNewPlace(subject, run);
      if (missing === undefined) it(title, test);
      else it.skip(`${title} (skipped: ${MISSING[missing]})`, test);
    });
  });
}

/** Runs a test with a store at a new place, which is removed afterwards. */
export async function atNewPlace<Store extends StoreLifecycle>(subject: StoreUnderTest<Store>, run: Case<Store>) {
  const place = await mkdtemp(join(tmpdir(), 'store-'));
  const opened: Store[] = [];
  const open = async () => {
    const store = await subject.open(place);
    opened.push(store);
    return store;
  };
  try {
    await run(await open(), open, place);
  } finally {
    for (const store of opened) await store.close();
    await subject.discard?.(place);
    await rm(place, { recursive: true, force: true });
  }
}
