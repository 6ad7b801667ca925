import { constants } from 'node:os';

type Release = () => Promise<void>;

const pending = new Set<Release>();
let releasing: Promise<void> | undefined;
let ending = false;

/** Throws once the benchmark is ending: nothing new may start then, because nothing would stop it. */
export function assertNotEnding(): void {
  if (ending) throw new Error('the benchmark is ending');
}

/** Registers a clean-up for the end of the benchmark, whatever ends it. Returns a function that runs it now, once. */
export function onExit(release: Release): Release {
  const once: Release = async () => {
    if (pending.delete(once)) await release();
  };
  pending.add(once);
  return once;
}

/** Runs all clean-ups, last first. A failure does not stop the others. */
export async function releaseAll(): Promise<void> {
  releasing ??= (async () => {
    for (const release of [...pending].reverse()) {
      await release().catch((error: unknown) => console.error('clean-up failed:', error));
    }
  })();
  await releasing;
  releasing = undefined;
}

/** Makes signals and uncaught errors stop everything that was started before the process ends. */
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
      console.error(`\n${signal}: stopping the candidates ...`);
      end(128 + constants.signals[signal]);
    });
  }
}
