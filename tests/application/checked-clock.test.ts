import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '#adapters/outbound/memory/memory-store';
import { CheckedClock } from '#application/checked-clock';
import { ClockBehindError } from '#application/errors';
import type { KnownTime, TimeRecord } from '#application/ports/time-record';
import { DAY, HOUR, MINUTE, type Millis, SECOND } from '#domain/time/time';
import { ManualClock } from '#testing/manual-clock';
import { START } from '#testing/readings';
import { LogLines } from '#tests/adapters/http/app-under-test';

const acceptedTime = { maxFuture: 5 * MINUTE, maxAge: 30 * DAY };

/** A process that starts on this record. */
async function started(record: TimeRecord | undefined, now = START) {
  const [clock, log] = [new ManualClock(now), new LogLines()];
  const checked = new CheckedClock({ clock, acceptedTime, record, logger: log });
  await checked.start();
  /** Lets time pass as the background work does. */
  const pass = async (time: Millis) => {
    for (let passed = 0; passed < time; passed += MINUTE) {
      clock.advance(MINUTE);
      await checked.keep();
    }
  };
  return { checked, clock, log, pass };
}

const recordOf = (known?: KnownTime): TimeRecord => {
  const { time } = createMemoryStore().upkeep;
  if (known) void time.write(known);
  return time;
};
const lastRun = () => recordOf({ confirmed: START, clock: START });

describe('the confirmed time', () => {
  it('is that of the clock without a record', async () => {
    const { checked, clock, log } = await started(undefined);
    clock.advance(90 * DAY);
    expect([checked.now(), checked.confirmed.now()]).toEqual([START + 90 * DAY, START + 90 * DAY]);
    expect(log.lines).toEqual([]);
  });

  it('is that of the clock, which a time server may correct in small steps', async () => {
    const { checked, clock, log } = await started(lastRun(), START + 4 * MINUTE);
    for (const step of [-4 * MINUTE, 5 * MINUTE, -5 * MINUTE]) {
      clock.jump(step);
      expect(checked.confirmed.now()).toBe(clock.now());
    }
    expect(log.lines).toEqual([]);
  });

  it.each([
    ['8 hours', 8 * HOUR, 10 * MINUTE],
    ['60 hours', 60 * HOUR, HOUR],
    ['400 days', 400 * DAY, 160 * HOUR],
  ])('follows a clock that is %s ahead only when it has gone steadily for long enough', async (_, ahead, wait) => {
    const record = lastRun();
    const { checked, log, pass } = await started(record, START + ahead);

    await pass(wait - MINUTE);
    expect(checked.confirmed.now()).toBe(START + wait - MINUTE);
    expect(await record.read()).toEqual({ confirmed: START + wait - MINUTE, clock: START + ahead + wait - MINUTE });
    await pass(MINUTE);

    expect(checked.confirmed.now()).toBe(START + ahead + wait);
    expect(await record.read()).toEqual({ confirmed: START + ahead + wait, clock: START + ahead + wait });
    const messages = log.lines.map(({ message }) => message);
    expect(messages.filter((message) => message === 'the clock has jumped ahead')).toHaveLength(Math.ceil(wait / HOUR));
    expect(messages.at(-1)).toBe('the clock is believed: it has gone steadily');
  });

  it('does not follow a clock that jumps from one time to another', async () => {
    const { checked, clock, pass } = await started(lastRun(), START + DAY);
    for (let n = 0; n < 5; n++) {
      await pass(20 * MINUTE);
      clock.jump(10 * MINUTE);
    }
    expect(checked.confirmed.now()).toBe(START + 100 * MINUTE);
  });

  it('leaves nothing behind of a clock that was ahead for some minutes', async () => {
    const record = lastRun();
    await (await started(record, START + 12 * HOUR)).pass(9 * MINUTE);

    const { checked } = await started(record, START + 10 * MINUTE);
    expect([checked.isBehind(), checked.confirmed.now()]).toEqual([false, START + 10 * MINUTE]);
  });

  it('goes on when the clock is set back', async () => {
    const { checked, clock } = await started(undefined);
    clock.jump(-400 * DAY);
    clock.advance(HOUR);
    expect(checked.confirmed.now()).toBe(START + HOUR);
    expect(checked.fault()).toMatch(/shows 2024-12-11T13.* but 2026-01-15T13.* has passed already.*EIE_CLOCK=trusted/);
  });

  it('is kept even while the record cannot be written', async () => {
    const failing: TimeRecord = {
      read: async () => ({ confirmed: START, clock: START }),
      write: () => Promise.reject(new Error('the disk is full')),
    };
    const { checked, log, pass } = await started(failing, START + DAY);
    await pass(MINUTE);
    expect(checked.confirmed.now()).toBe(START + MINUTE);
    expect(log.lines.map(({ message }) => message)).toContain('the confirmed time could not be kept');
  });
});

describe('timestamps while the clock is in doubt', () => {
  it('are accepted by either time', async () => {
    const { checked, clock } = await started(undefined);
    expect(checked.acceptedTime).toEqual(acceptedTime);
    clock.jump(400 * DAY);
    checked.now();
    expect(checked.acceptedTime).toEqual({ maxFuture: 5 * MINUTE, maxAge: 430 * DAY });
    clock.jump(-400 * DAY - 3 * HOUR);
    checked.now();
    expect(checked.acceptedTime).toEqual({ maxFuture: 3 * HOUR + 5 * MINUTE, maxAge: 30 * DAY });
    clock.jump(3 * HOUR);
    checked.now();
    expect(checked.acceptedTime).toEqual(acceptedTime);
  });

  it('settle the doubt when three requests in a row agree with a clock that no old reading can', async () => {
    const { checked, clock } = await started(lastRun(), START - 400 * DAY);
    const present = () => checked.admit([clock.now() - HOUR, clock.now()]);
    present();
    present();
    expect(() => checked.admit([START, clock.now()])).toThrow(ClockBehindError);
    present();
    present();
    expect(checked.isBehind()).toBe(true);
    present();
    expect([checked.isBehind(), checked.confirmed.now()]).toEqual([false, START - 400 * DAY]);
  });

  it('settle it only over a minute while they may be old readings that are sent again', async () => {
    const { checked, clock } = await started(lastRun(), START - 3 * HOUR);
    const present = () => checked.admit([clock.now()]);
    for (let n = 0; n < 100; n++) present();
    expect(checked.isBehind()).toBe(true);
    clock.advance(59 * SECOND);
    present();
    expect(checked.isBehind()).toBe(true);
    clock.advance(SECOND);
    present();
    expect(checked.isBehind()).toBe(false);
  });

  it('prove nothing when none is near the clock', async () => {
    const { checked, clock } = await started(lastRun(), START - 3 * HOUR);
    expect(() => checked.admit([clock.now() - HOUR])).toThrow(ClockBehindError);
    expect(() => checked.admit([])).not.toThrow();
  });
});

describe('processes on one store', () => {
  it('never follow one whose clock is ahead, nor does it follow its own', async () => {
    const record = recordOf();
    const right = await started(record);
    const wrong = await started(record, START + 12 * HOUR);

    for (let minute = 1; minute <= 60; minute++) {
      await right.pass(MINUTE);
      await wrong.pass(MINUTE);
    }

    expect(right.checked.isBehind()).toBe(false);
    expect(wrong.checked.confirmed.now()).toBe(START + HOUR);
    expect((await started(record, START + HOUR)).checked.confirmed.now()).toBe(START + HOUR);
  });

  it('stay right while one is behind, which is told so for as long', async () => {
    const record = recordOf();
    const right = await started(record);
    await right.pass(MINUTE);
    const wrong = await started(record, START - 3 * HOUR);
    await wrong.pass(HOUR);
    await right.pass(HOUR);
    expect([right.checked.isBehind(), wrong.checked.isBehind()]).toEqual([false, true]);
    expect(await record.read()).toEqual({ confirmed: START + HOUR + MINUTE, clock: START + HOUR + MINUTE });
  });

  it('settle nothing while two of them are sure of different times', async () => {
    const record = recordOf();
    const wrong = await started(undefined, START + 400 * DAY); // as if both had started on an empty store
    const right = await started(record);
    for (let minute = 0; minute < 3; minute++) {
      await record.write({ confirmed: wrong.checked.confirmed.now(), clock: wrong.checked.now() });
      await right.pass(MINUTE);
      wrong.clock.advance(MINUTE);
      expect([right.checked.isSettled(), right.checked.isBehind()]).toEqual([false, false]);
    }
    expect(right.log.lines.filter(({ level }) => level === 'error')).toHaveLength(1);

    await right.pass(MINUTE);
    expect(right.checked.isSettled()).toBe(true);
  });

  it('learn from one another that the clock is right', async () => {
    const record = recordOf({ confirmed: START + 400 * DAY, clock: START + 400 * DAY });
    const [one, two] = [await started(record), await started(record)];
    for (let n = 0; n < 3; n++) one.checked.admit([START]);
    expect([one.checked.isBehind(), two.checked.isBehind()]).toEqual([false, true]);
    await one.pass(MINUTE);
    await two.pass(MINUTE);
    expect(two.checked.isBehind()).toBe(false);
  });
});
