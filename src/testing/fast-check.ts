export interface ModelOptions {
  /** Random histories to try; each opens a store. 20 by default. */
  readonly runs?: number;
  /** Repeats the histories of an earlier run, whose failure printed its seed. */
  readonly seed?: number;
}

export type FastCheck = typeof import('fast-check').default;

/** The package `fast-check`, which only the model contracts need. Rejects with what to do when it is not installed. */
export async function fastCheck(): Promise<FastCheck> {
  try {
    return (await import('fast-check')).default;
  } catch (cause) {
    throw new Error('the model contracts need the package fast-check: npm install --save-dev fast-check', { cause });
  }
}
