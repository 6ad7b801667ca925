import type { EpochMillis } from '#domain/time';
import type { TimeWindow } from '#domain/time-window';
import type { Retention } from './ports/retention.ts';

/**
 * The beginning of the history that is kept, when the window reaches past it. Before it there are sums by the whole
 * hour at most: an answer over such a window says so.
 */
export async function horizonWithin(
  retention: Retention,
  window: TimeWindow,
): Promise<{ readonly horizon: EpochMillis } | undefined> {
  const horizon = await retention.horizon();
  return horizon !== undefined && window.from < horizon ? { horizon } : undefined;
}
