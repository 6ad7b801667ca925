import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { PersistentStore } from './persistent-stores.ts';
import type { StoreAnswer, StoreCall, StoreLocation } from './store-process.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const root = dirname(dirname(import.meta.dirname));

/** New text of files in `src/domain/streams`, made from the present one; of a file that is not there, from ''. */
export type StreamEdits = Readonly<Record<string, (source: string) => string>>;

/**
 * Opens a store with an engine whose streams are defined differently: a copy of the sources, edited, in a process of its
 * own. The store looks as if it were in this process, and is closed when the test ends.
 */
export async function openWithChangedStreams(edits: StreamEdits, location: StoreLocation): Promise<PersistentStore> {
  const copy = temporaryDirectory();
  cpSync(join(root, 'src'), join(copy, 'src'), { recursive: true });
  cpSync(join(root, 'package.json'), join(copy, 'package.json'));
  cpSync(join(import.meta.dirname, 'store-process.ts'), join(copy, 'store-process.ts'));
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  for (const [name, edit] of Object.entries(edits)) editFile(join(copy, 'src/domain/streams', name), edit);

  const child = fork(join(copy, 'store-process.ts'), {
    serialization: 'advanced',
    execArgv: [],
    env: { ...process.env, NODE_DISABLE_COMPILE_CACHE: '1' }, // every copy would add to the cache
  });
  onTestFinished(async () => {
    if (child.exitCode === null && child.signalCode === null && child.kill('SIGKILL')) await once(child, 'exit');
  });
  const call = caller(child);
  await call([], [location]);
  return remote([], call) as PersistentStore;
}

function editFile(file: string, edit: (source: string) => string): void {
  const before = readText(file);
  const after = edit(before);
  if (after === before) throw new Error(`the edit of ${file} changes nothing`);
  writeFileSync(file, after);
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

type Call = (path: readonly string[], args: readonly unknown[]) => Promise<unknown>;

function caller(child: ChildProcess): Call {
  const pending = new Map<number, PromiseWithResolvers<unknown>>();
  child.on('message', ({ id, result, error }: StoreAnswer) => {
    const call = pending.get(id);
    pending.delete(id);
    if (error === undefined) call?.resolve(result);
    else call?.reject(new Error(error));
  });
  child.on('exit', (code) => {
    for (const call of pending.values()) call.reject(new Error(`the changed engine has ended with code ${code}`));
  });
  let last = 0;
  return (path, args) => {
    const answer = Promise.withResolvers<unknown>();
    pending.set(++last, answer);
    child.send({ id: last, path, args } satisfies StoreCall);
    return answer.promise;
  };
}

/**
 * The object at `path`: a function that is called in the other process, with the objects below it as its properties. It is
 * not thenable, so that it can be returned from async functions.
 */
function remote(path: readonly string[], call: Call): unknown {
  return new Proxy(() => {}, {
    get: (_, name) => (name === 'then' ? undefined : remote([...path, String(name)], call)),
    apply: (_, __, args) => call(path, args),
  });
}
