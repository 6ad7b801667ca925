import type { Session } from '../load/session.ts';

/** Two connections fill every candidate fastest. */
const CONNECTIONS = 2;
/** No fill may take longer. */
const LIMIT_SECONDS = 3_600;

/**
 * Sends `rounds` minutes of the session's whole fleet in batches of `size`. Resolves with the seconds it took; rejects
 * when a batch is refused.
 */
export async function fillWithDays(
  session: Session,
  { size, rounds }: { readonly size: number; readonly rounds: number },
): Promise<number> {
  const batches = (rounds * session.fleet.devices) / size;
  const load = { name: 'fill', size, connections: CONNECTIONS };
  return await session.with(load, async (run) => {
    const { refused, next, seconds } = await run.closed({ seconds: LIMIT_SECONDS, batches });
    if (next !== batches || refused.size > 0) {
      throw new Error(`only ${run.accepted} of ${batches * size} readings were accepted (${[...refused.keys()]})`);
    }
    return seconds;
  });
}
