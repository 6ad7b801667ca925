import { beforeEach, describe, expect, it } from 'vitest';
import { BudgetedLogger } from '#adapters/outbound/observability/budgeted-logger';
import type { Logger } from '#application/ports/logger';
import { DAY, MINUTE, SECOND } from '#domain/time/time';
import { ManualClock } from '#testing/manual-clock';
import { START } from '#testing/readings';

const LINES = 20;

describe('the budgeted logger', () => {
  let written: { level: string; message: string; fields: Readonly<Record<string, unknown>> }[];
  let clock: ManualClock;
  let logger: BudgetedLogger;
  beforeEach(() => {
    written = [];
    const note =
      (level: string): Logger['info'] =>
      (message, fields = {}) =>
        written.push({ level, message, fields });
    clock = new ManualClock(START);
    logger = new BudgetedLogger(
      { error: note('error'), warn: note('warn'), info: note('info'), debug: note('debug') },
      clock,
    );
  });
  const times = (count: number, log: (n: number) => void) => Array.from({ length: count }, (_, n) => log(n));

  it.each(['error', 'warn', 'info', 'debug'] as const)('passes %s lines on with their fields', (level) => {
    logger[level]('message', { n: 1 });

    expect(written).toEqual([{ level, message: 'message', fields: { n: 1 } }]);
  });

  it('passes on the first 20 lines of a message and no more within the minute', () => {
    times(1000, (n) => logger.info('flood', { n }));
    clock.advance(MINUTE - 1);
    logger.info('flood', { n: 1000 });

    expect(written.map(({ fields }) => fields)).toEqual(times(LINES, (n) => ({ n })));
  });

  it('reports on the first line of the next minute how many it left out', () => {
    times(1000, () => logger.info('flood'));
    clock.advance(MINUTE);
    logger.info('flood', { n: 1 });
    logger.info('flood', { n: 2 });

    expect(written.slice(LINES).map(({ fields }) => fields)).toEqual([{ n: 1, suppressed: 1000 - LINES }, { n: 2 }]);
  });

  it('reports nothing when no lines were left out', () => {
    times(LINES, () => logger.info('just enough'));
    clock.advance(MINUTE);
    logger.info('just enough');

    expect(written.at(-1)?.fields).toEqual({});
  });

  it('starts a new budget every minute', () => {
    for (const minute of [0, 1, 2]) {
      clock.set(START + minute * MINUTE);
      times(50, () => logger.info('flood'));
    }

    expect(written).toHaveLength(3 * LINES);
    expect(written.map(({ fields }) => fields.suppressed).filter(Boolean)).toEqual([30, 30]);
  });

  it('goes on when the clock is set back', () => {
    times(50, () => logger.warn('flood'));
    clock.jump(-400 * DAY);
    clock.advance(MINUTE);
    logger.warn('flood');

    expect(written).toHaveLength(LINES + 1);
  });

  it('keeps separate budgets for each message and each level', () => {
    times(100, () => logger.info('flood'));
    logger.info('something else');
    logger.error('flood');

    expect(written.slice(LINES).map(({ level, message }) => `${level} ${message}`)).toEqual([
      'info something else',
      'error flood',
    ]);
  });

  it('passes on slow repetition for ever', () => {
    times(500, () => {
      logger.warn('now and then');
      clock.advance(4 * SECOND);
    });

    expect(written).toHaveLength(500);
  });
});
