import { DAY, type EpochMillis, HOUR } from '#domain/time/time';
import { alignOutward, parseDuration, type TimeWindow } from '#domain/time/time-window';
import { FIRST_TIME, LAST_TIME } from '#domain/time/timestamp';
import type { QueryParameters } from './query-parameters.ts';

const DEFAULT_LENGTH = 24 * HOUR;
/** Ten years with their leap days: longer than any question, short enough to answer. */
export const MAX_LENGTH = 3653 * DAY;

/**
 * The window a query asks for: `from` to `to`, or the length `window` up to `to`; both end now when nothing else is
 * said. What is wrong is left with the query, and an empty window is returned then.
 */
export function windowQuery(query: QueryParameters, now: EpochMillis): TimeWindow {
  const none: TimeWindow = { from: now, to: now };
  const length = query.text('window');
  const from = timeOf(query, 'from');
  const to = timeOf(query, 'to', now);
  if (length !== undefined && query.text('from') !== undefined) {
    query.fail('window', 'cannot be given together with from');
    return none;
  }
  const duration = length === undefined ? DEFAULT_LENGTH : parseDuration(length);
  if (duration === undefined) query.fail('window', 'must be a length like 15m, 24h or 7d');
  if (from === 'invalid' || to === 'invalid' || to === undefined || duration === undefined) return none;

  const window = { from: from ?? to - duration, to };
  if (window.from >= window.to)
    query.fail('from', query.text('to') === undefined ? 'is not in the past' : 'must be before to');
  else if (window.to - window.from > MAX_LENGTH) {
    query.fail(from === undefined ? 'window' : 'from', `makes a window of more than ${MAX_LENGTH / DAY} days`);
  } else if (isTold(alignOutward(window, HOUR))) return window;
  else query.fail('to', 'makes a window that leaves the years 0001 to 9999');
  return none;
}

/** Whether the window and its hours can be echoed: RFC 3339 has four digits for a year. */
function isTold({ from, to }: TimeWindow): boolean {
  return from >= FIRST_TIME && to <= LAST_TIME;
}

function timeOf(query: QueryParameters, name: string, absent?: EpochMillis): EpochMillis | undefined | 'invalid' {
  if (query.text(name) === undefined) return absent;
  return query.time(name) ?? 'invalid';
}
