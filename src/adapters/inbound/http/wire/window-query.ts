import { DAY, type EpochMillis, HOUR } from '#domain/time/time';
import { alignOutward, parseDuration, type TimeWindow } from '#domain/time/time-window';
import { FIRST_TIME, LAST_TIME } from '#domain/time/timestamp';
import type { QueryParameters } from './query-parameters.ts';

const DEFAULT_LENGTH = 24 * HOUR;
/** Ten years with their leap days: longer than anyone needs, short enough to answer. */
export const MAX_WINDOW_LENGTH = 3653 * DAY;

/**
 * The window of a query: `from` to `to`, or the length `window` up to `to`; `to` defaults to now. Errors are collected on
 * the query; the result is then an empty window.
 */
export function windowQuery(query: QueryParameters, now: EpochMillis): TimeWindow {
  const empty: TimeWindow = { from: now, to: now };
  const length = query.text('window');
  const from = timeOf(query, 'from');
  const to = timeOf(query, 'to', now);
  if (length !== undefined && query.text('from') !== undefined) {
    query.fail('window', 'cannot be combined with from');
    return empty;
  }
  const duration = length === undefined ? DEFAULT_LENGTH : parseDuration(length);
  if (duration === undefined) query.fail('window', 'must be a length such as 15m, 24h or 7d');
  if (from === 'invalid' || to === 'invalid' || to === undefined || duration === undefined) return empty;

  const window = { from: from ?? to - duration, to };
  if (window.from >= window.to)
    query.fail('from', query.text('to') === undefined ? 'must be in the past' : 'must be before to');
  else if (window.to - window.from > MAX_WINDOW_LENGTH) {
    query.fail(from === undefined ? 'window' : 'from', `makes a window longer than ${MAX_WINDOW_LENGTH / DAY} days`);
  } else if (isRepresentable(alignOutward(window, HOUR))) return window;
  else query.fail('to', 'makes a window outside the years 0001 to 9999');
  return empty;
}

/** Whether a response can show the window in whole hours: years have four digits in RFC 3339. */
function isRepresentable({ from, to }: TimeWindow): boolean {
  return from >= FIRST_TIME && to <= LAST_TIME;
}

function timeOf(query: QueryParameters, name: string, absent?: EpochMillis): EpochMillis | undefined | 'invalid' {
  if (query.text(name) === undefined) return absent;
  return query.time(name) ?? 'invalid';
}
