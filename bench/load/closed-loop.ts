import { isAccepted, type Lane } from './lane.ts';
import { Latencies } from './latencies.ts';

export interface ClosedLoopLimits {
  readonly seconds: number;
  /** At most this many batches. */
  readonly batches?: number;
  /** The number of the first batch. */
  readonly first?: number;
  /** Called for every accepted batch. */
  readonly onAccepted?: (number: number) => void;
}

export interface LoopResult {
  /** How long batches were sent, without the wait for the last answers. */
  readonly seconds: number;
  readonly accepted: number;
  /** Those accepted within `seconds`: the basis of a rate. */
  readonly acceptedInTime: number;
  /** The number of answers other than 2xx, by status; 0 is a lost connection. */
  readonly refused: ReadonlyMap<number, number>;
  /** The number after the last batch sent. */
  readonly next: number;
  readonly latencies: Latencies;
}

/** How long a loop waits for the last answers after its end before it closes their connections. */
const LAST_ANSWER_TIMEOUT_SECONDS = 30;

/** Every lane sends its next batch as soon as the previous one is answered: the highest rate that can be sustained. */
export async function closedLoop(lanes: readonly Lane[], limits: ClosedLoopLimits): Promise<LoopResult> {
  const latencies = new Latencies();
  const refused = new Map<number, number>();
  const first = limits.first ?? 0;
  const end = first + (limits.batches ?? Number.POSITIVE_INFINITY);
  let next = first;
  let accepted = 0;
  let acceptedInTime = 0;
  const start = performance.now();
  const stop = start + limits.seconds * 1000;
  const watchdog = setTimeout(() => closeAll(lanes), (limits.seconds + LAST_ANSWER_TIMEOUT_SECONDS) * 1000);

  const drive = async (lane: Lane) => {
    for (let sent = performance.now(); sent < stop && next < end; ) {
      const number = next++;
      const status = await lane.send(number);
      const now = performance.now();
      if (isAccepted(status)) {
        accepted++;
        if (now <= stop) acceptedInTime++;
        latencies.record(now - sent);
        limits.onAccepted?.(number);
      } else {
        refused.set(status, (refused.get(status) ?? 0) + 1);
        await pauseAfterRefusal();
      }
      sent = performance.now();
    }
  };
  await Promise.all(lanes.map(drive));
  clearTimeout(watchdog);
  const seconds = (Math.min(performance.now(), stop) - start) / 1000;
  return { seconds, accepted, acceptedInTime, refused, next, latencies };
}

export function closeAll(lanes: readonly Lane[]): void {
  for (const lane of lanes) lane.close();
}

/** Keeps the loop from spinning when the server refuses. */
function pauseAfterRefusal(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 10));
}
