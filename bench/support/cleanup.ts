import { constants } from 'node:os';

type Release = () => Promise<void>;

const pending = new Set<Release>();
let releasing: Promise<void> | undefined;
let ending = false;

/** Throws once the benchmark is ending: nothing new may be started then, because nobody would stop it. */
export function mustNotBeEnding(): void {
  if (ending) throw new Error('the benchmark is ending');
}

/** Registers what must be undone however the benchmark ends. Returns a function that undoes it now, once. */
export function onExit(release: Release): Release {
  const once: Release = async () => {
    if (pending.delete(once)) await release();
  };
  pending.add(once);
  return once;
}

/** Undoes everything, last first. A failure does not keep the rest from being undone. */
export async function releaseAll(): Promise<void> {
  releasing ??= (async () => {
    for (const release of [...pending].reverse()) {
      await release().catch((error: unknown) => console.error('could not clean up:', error));
    }
  })();
  await releasing;
  releasing = undefined;
}

/** Ctrl-C, kill and a fault nobody caught stop everything that was started before the process ends. */
export function releaseOnEnd(): void {
  const end = (code: number) => {
    ending = true;
    void releaseAll().finally(() => process.exit(code));
  };
  process.on('uncaughtException', (error) => {
    console.error(error);
    end(1);
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      console.error(`\n${signal}: stopping what was started ...`);
      end(128 + constants.signals[signal]);
    });
  }
}
