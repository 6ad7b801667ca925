import type { EpochMillis } from '#domain/time/time';
import type { TimeWindow } from '#domain/time/time-window';
import { presentTime } from './reading-presenter.ts';

export function presentWindow({ from, to }: TimeWindow): Record<string, string> {
  return { from: presentTime(from), to: presentTime(to) };
}

/** Where the kept history begins; present only when a window starts before it. */
export function presentHorizon({ horizon }: { readonly horizon?: EpochMillis }): { horizon?: string } {
  return horizon === undefined ? {} : { horizon: presentTime(horizon) };
}
