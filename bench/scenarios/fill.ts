import type { Session } from '../load/session.ts';

/** Every candidate fills fastest over two connections. */
const CONNECTIONS = 2;
/** Longer fills are a fault. */
const MAX_SECONDS = 3_600;

/**
 * Sends `rounds` minutes of the session's whole fleet in batches of `size`. Resolves with the seconds it took; rejects
 * if a batch is refused.
 */
export async function fillWithDays(
  session: Session,
  { size, rounds }: { readonly size: number; readonly rounds: number },
): Promise<number> {
  const batches = (rounds * session.fleet.devices) / size;
  const load = { name: 'fill', size, connections: CONNECTIONS };
  return await session.with(load, async (run) => {
    const { refused, next, seconds } = await run.closed({ seconds: MAX_SECONDS, batches });
    if (next !== batches || refused.size > 0) {
      throw new Error(`only ${run.accepted} of ${batches * size} readings were accepted (${[...refused.keys()]})`);
    }
    return seconds;
  });
}
