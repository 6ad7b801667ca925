import { type Clock, elapsedOf } from '#application/ports/clock';
import type { Logger } from '#application/ports/logger';
import { type EpochMillis, MINUTE, type Millis } from '#domain/time/time';

/** Lines per message and interval. The first lines of a flood and its size are enough to understand it. */
const LINES_PER_MESSAGE = 20;
const INTERVAL: Millis = MINUTE;
/** Distinct messages counted at once. Messages are constant texts, so there should never be more. */
const MAX_MESSAGES = 1_000;

interface Budget {
  since: EpochMillis;
  lines: number;
}

/**
 * Passes on at most 20 lines per minute with the same level and message; the next minute's first line has the number of
 * those left out (`suppressed`). Variable parts belong in the fields, never in the message.
 */
export class BudgetedLogger implements Logger {
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #budgets = new Map<string, Budget>();
  readonly error = this.#at('error');
  readonly warn = this.#at('warn');
  readonly info = this.#at('info');
  readonly debug = this.#at('debug');

  constructor(logger: Logger, clock: Clock) {
    this.#logger = logger;
    this.#clock = clock;
  }

  #at(level: keyof Logger): Logger['info'] {
    return (message, fields = {}) => {
      const suppressed = this.#spend(`${level} ${message}`);
      if (suppressed !== undefined) this.#logger[level](message, suppressed === 0 ? fields : { ...fields, suppressed });
    };
  }

  /** How many lines were left out before this one; `undefined` if this one is left out, too. */
  #spend(key: string): number | undefined {
    const now = elapsedOf(this.#clock);
    const budget = this.#budgets.get(key);
    if (budget === undefined || now - budget.since >= INTERVAL) {
      if (this.#budgets.size >= MAX_MESSAGES) this.#budgets.clear();
      this.#budgets.set(key, { since: now, lines: 1 });
      return Math.max(0, (budget?.lines ?? 0) - LINES_PER_MESSAGE);
    }
    budget.lines++;
    return budget.lines <= LINES_PER_MESSAGE ? 0 : undefined;
  }
}
