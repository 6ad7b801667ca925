import type { AcceptedTime } from '#domain/reading/accepted-time';
import { type EpochMillis, HOUR, MINUTE, type Millis } from '#domain/time/time';
import { behindReason, ClockLog } from './clock-log.ts';
import { ClockWitnesses } from './clock-witnesses.ts';
import { ClockBehindError } from './errors.ts';
import { type Clock, elapsedOf } from './ports/clock.ts';
import type { Logger } from './ports/logger.ts';
import type { KnownTime, TimeRecord } from './ports/time-record.ts';

/** Clocks that differ by less agree: time servers correct that much in small steps, and a restart takes no longer. */
const TOLERANCE: Millis = 5 * MINUTE;
/**
 * A clock that is ahead is believed once it has gone steadily for this long, or for a sixtieth of the time that it is
 * ahead. A night without the engine counts as passed after 10 minutes, a year only after 6 days of warnings.
 */
const MIN_WAIT: Millis = 10 * MINUTE;
const WAIT_DIVISOR = 60;
/** Up to here a clock that is behind makes ingestion alone refuse what it cannot judge; beyond, somebody must act. */
const MAX_BEHIND_WHEN_READY: Millis = HOUR;

interface Doubt {
  /** How far the clock was ahead of the confirmed time, negative when behind, as the doubt arose. */
  readonly ahead: Millis;
  /** By the steady clock. */
  readonly since: Millis;
}

export interface CheckedClockOptions {
  readonly clock: Clock;
  /** How far timestamps may be from the clock while it is not in doubt. */
  readonly acceptedTime: AcceptedTime;
  readonly record?: TimeRecord | undefined;
  readonly logger?: Logger | undefined;
}

/**
 * The wall clock, checked at every look against the *confirmed time*: the newest time that has certainly passed. It
 * starts where the previous process left it and goes on with the steady clock, and the wall clock is believed while
 * both agree. A clock that is ahead may be right, after a long stop: it serves for everything that can be undone, and
 * is believed in the end. A clock that is behind is certainly wrong, or an earlier one was: then the devices decide.
 */
export class CheckedClock implements Clock {
  /** The confirmed time, for steps that cannot be undone. Never later than the clock, except by the tolerance. */
  readonly confirmed: Clock = { now: () => this.#confirmedNow(), elapsed: () => this.elapsed() };
  /**
   * How far timestamps may be from `now()`, as of the last look. Wider while the clock is in doubt: then a timestamp is
   * accepted if it is by either time.
   */
  readonly acceptedTime: AcceptedTime;
  readonly #limits: { maxFuture: Millis; maxAge: Millis };
  readonly #usualLimits: AcceptedTime;
  readonly #clock: Clock;
  readonly #record: TimeRecord | undefined;
  readonly #log: ClockLog;
  #confirmed: EpochMillis;
  /** When the confirmed time was right, by the steady clock. */
  #lookedAt: Millis;
  #doubt: Doubt | undefined;
  #witnesses = new ClockWitnesses();
  /** The record as this process last read or wrote it. */
  #seen: KnownTime | undefined;
  #isDisputed = false;

  constructor({ clock, acceptedTime, record, logger }: CheckedClockOptions) {
    this.#clock = clock;
    this.#usualLimits = acceptedTime;
    this.#limits = { ...acceptedTime };
    this.acceptedTime = this.#limits;
    this.#record = record;
    this.#log = new ClockLog(logger);
    this.#confirmed = clock.now();
    this.#lookedAt = elapsedOf(clock);
  }

  /** The time by the wall clock. Compares it with the confirmed time: some arithmetic, nothing else, while both agree. */
  now(): EpochMillis {
    const now = this.#clock.now();
    const elapsed = this.elapsed();
    this.#confirmed += elapsed - this.#lookedAt;
    this.#lookedAt = elapsed;
    const ahead = now - this.#confirmed;
    if (this.#doubt === undefined && Math.abs(ahead) <= TOLERANCE) this.#confirmed = now;
    else this.#judge(now, ahead);
    return now;
  }

  elapsed(): Millis {
    return elapsedOf(this.#clock);
  }

  /** Whether the clock shows a time that has passed already. */
  isBehind(): boolean {
    this.now();
    return this.#isBehind;
  }

  /**
   * Whether steps that cannot be undone may be taken, by the confirmed time: not while the clock is behind, nor while
   * another process on the same store is as sure of another time.
   */
  isSettled(): boolean {
    return !this.isBehind() && !this.#isDisputed;
  }

  /** Why the clock keeps the service from its work; `undefined` while it does not. */
  fault(): string | undefined {
    const now = this.now();
    return this.#confirmed - now > MAX_BEHIND_WHEN_READY ? behindReason(now, this.#confirmed) : undefined;
  }

  /**
   * Takes up the confirmed time where the last process left it, or `trust`s the clock as it is. To be called once,
   * before the first request. Rejects when the record cannot be read.
   */
  async start({ trust = false }: { readonly trust?: boolean } = {}): Promise<void> {
    const known = await this.#record?.read();
    this.#seen = known;
    if (known !== undefined && !trust) {
      this.#confirmed = known.confirmed;
      this.#lookedAt = this.elapsed();
    }
    const now = this.now();
    if (known !== undefined && this.#doubt === undefined) {
      if (Math.abs(known.confirmed - now) > TOLERANCE) this.#log.trusted(now, known);
      else if (known.clock - now > TOLERANCE) this.#log.earlierRun(now, known);
    }
    await this.keep();
  }

  /**
   * Finds out what other processes on this store have confirmed, and writes the confirmed time for them and for the
   * next process. To be called every minute. Never rejects: failures are logged.
   */
  async keep(): Promise<void> {
    try {
      this.now();
      this.#learnFrom(await this.#record?.read());
      const known = { confirmed: this.#confirmedNow(), clock: this.#clock.now() };
      if (this.#isBehind) return;
      this.#seen = known;
      await this.#record?.write(known);
    } catch (error) {
      this.#log.notKept(error);
    }
  }

  /**
   * Decides about the timestamps of one request. Throws `ClockBehindError` if the clock is behind and they do not agree
   * with it. Those that do are evidence, and enough of them settle the doubt: an earlier clock was ahead.
   */
  admit(timestamps: readonly EpochMillis[]): void {
    const now = this.now();
    if (!this.#isBehind || timestamps.length === 0) return;
    if (timestamps.some((timestamp) => timestamp > now + this.#usualLimits.maxFuture)) this.#witnesses.disagrees();
    else if (timestamps.some((timestamp) => Math.abs(timestamp - now) <= TOLERANCE)) {
      this.#witnesses.agrees(this.#lookedAt);
      const oldest = this.#confirmed - this.#usualLimits.maxAge;
      if (this.#witnesses.convince(now, oldest, this.#lookedAt)) {
        this.#believe(now, 'the clock is right according to the devices; an earlier one was ahead');
      }
      return;
    }
    throw new ClockBehindError(behindReason(now, this.#confirmed));
  }

  get #isBehind(): boolean {
    return this.#doubt !== undefined && this.#doubt.ahead < 0;
  }

  #confirmedNow(): EpochMillis {
    this.now();
    return Math.floor(this.#confirmed);
  }

  #judge(now: EpochMillis, ahead: Millis): void {
    const elapsed = this.#lookedAt;
    if (Math.abs(ahead) <= TOLERANCE) {
      this.#believe(now, 'the clock agrees with the confirmed time again');
      return;
    }
    if (this.#doubt === undefined || Math.abs(this.#doubt.ahead - ahead) > TOLERANCE) {
      this.#doubt = { ahead, since: elapsed };
      this.#witnesses = new ClockWitnesses();
      this.#log.doubtBegins();
    }
    if (ahead > 0 && elapsed - this.#doubt.since >= waitFor(ahead)) {
      this.#believe(now, 'the clock is believed: it has gone steadily');
      return;
    }
    this.#limits.maxAge = this.#usualLimits.maxAge + Math.max(0, ahead);
    this.#limits.maxFuture = this.#usualLimits.maxFuture + Math.max(0, -ahead);
    this.#log.doubt(now, this.#confirmed, waitFor(ahead), elapsed);
  }

  #believe(now: EpochMillis, reason: string): void {
    this.#log.settled(reason, now, this.#confirmed);
    this.#confirmed = now;
    this.#doubt = undefined;
    this.#limits.maxAge = this.#usualLimits.maxAge;
    this.#limits.maxFuture = this.#usualLimits.maxFuture;
  }

  /** A record that another process wrote while its own clock was not in doubt is evidence. */
  #learnFrom(known: KnownTime | undefined): void {
    const isNews = known?.confirmed !== this.#seen?.confirmed || known?.clock !== this.#seen?.clock;
    this.#seen = known;
    const now = this.now();
    const isSure = known !== undefined && isNews && Math.abs(known.clock - known.confirmed) <= TOLERANCE;
    const agrees = isSure && Math.abs(known.confirmed - now) <= TOLERANCE;
    const wasDisputed = this.#isDisputed;
    this.#isDisputed = this.#doubt === undefined && isSure && !agrees;
    if (this.#isDisputed && !wasDisputed && known !== undefined) this.#log.disputed(now, known.confirmed);
    if (this.#doubt === undefined || !isSure) return;
    if (agrees) this.#believe(now, 'the clock is right according to another process');
    else if (!this.#isBehind) {
      this.#confirmed = Math.max(this.#confirmed, known.confirmed);
      this.#doubt = { ...this.#doubt, since: this.#lookedAt }; // believing it takes as long again
    }
  }
}

function waitFor(ahead: Millis): Millis {
  return Math.max(MIN_WAIT, ahead / WAIT_DIVISOR);
}
