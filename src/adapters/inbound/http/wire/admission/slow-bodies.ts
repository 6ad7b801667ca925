import type { Millis } from '#domain/time/time';
import type { BodyPass } from './body-pass.ts';
import type { GateLimits } from './gate-limits.ts';

/** A body that is still arriving at this check is slow, however fast it comes. */
const MAX_PROMPT_CHECKS = 10;
/** How much of `recentBytes` each check forgets: with ten checks per second most of what is older than 2 s. */
const FORGOTTEN_PER_CHECK = 0.05;
/** What a body takes besides its bytes: its request, its response, its connection. */
const BODY_OVERHEAD_BYTES = 10 * 1024;

export type Pace = 'prompt' | 'slow' | 'stalled';

/** Judges how a body arrives, `elapsed` after its last check. Must be called once per check. */
export function checkPace(pass: BodyPass, elapsed: Millis, { maxStall, minRate }: GateLimits): Pace {
  const arrived = pass.bytes - pass.checkedBytes;
  pass.checkedBytes = pass.bytes;
  pass.checks++;
  pass.recentBytes += arrived - pass.recentBytes * FORGOTTEN_PER_CHECK;
  pass.remainingStall = Math.min(maxStall, pass.remainingStall - elapsed + (arrived / minRate) * 1_000);
  if (pass.remainingStall <= 0) return 'stalled';
  // The first check may come right after the request.
  const hasPaused = arrived === 0 && pass.checks > 1;
  return hasPaused || pass.checks >= MAX_PROMPT_CHECKS ? 'slow' : 'prompt';
}

/**
 * Slow bodies in the order in which to drop them when there are too many: first those of clients that take more than an
 * equal share, and among these the ones that deliver least for what they hold. So a large body that trickles goes long
 * before a small one that comes steadily.
 */
export function leastUsefulFirst(bodies: readonly BodyPass[], { slowBytes, slowBodies }: GateLimits): BodyPass[] {
  const clients = new Set(bodies.map(({ client }) => client));
  const isOverShare = ({ client: { usage } }: BodyPass) =>
    usage.slowBytes > slowBytes / clients.size || usage.slowBodies > slowBodies / clients.size;
  return bodies
    .map((pass) => ({
      pass,
      rank: isOverShare(pass) ? 0 : 1,
      usefulness: pass.recentBytes / (pass.bytes + BODY_OVERHEAD_BYTES),
    }))
    .sort((a, b) => a.rank - b.rank || a.usefulness - b.usefulness)
    .map(({ pass }) => pass);
}
