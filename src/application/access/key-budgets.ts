import { HOUR, MINUTE, type Millis, SECOND } from '#domain/time/time';
import { RateLimitedError } from '../errors.ts';
import { type Clock, elapsedOf } from '../ports/clock.ts';
import type { ApiKey, KeyLimits } from './api-key.ts';
import { TokenBucket } from './token-bucket.ts';

/** How long a client should wait for one of its own requests to be answered. */
const CONCURRENCY_RETRY: Millis = SECOND;

/** What is left of a limit, for the client. */
export interface Allowance {
  readonly limit: number;
  readonly period: Millis;
  readonly remaining: number;
  /** How long until the whole limit is available again, if nothing else is taken. */
  readonly refillsIn: Millis;
}

/** What one key has left of its limits. Where the key has no limit, everything is granted. */
export class KeyBudget {
  readonly #limits: KeyLimits;
  readonly #clock: Clock;
  readonly #readings: TokenBucket | undefined;
  readonly #newDevices: TokenBucket | undefined;
  #requests = 0;

  constructor(limits: KeyLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
    const { readingsPerMinute, newDevicesPerHour } = limits;
    const now = elapsedOf(clock);
    this.#readings = readingsPerMinute === undefined ? undefined : new TokenBucket(readingsPerMinute, MINUTE, now);
    this.#newDevices = newDevicesPerHour === undefined ? undefined : new TokenBucket(newDevicesPerHour, HOUR, now);
  }

  /** Whether devices that the store does not know have to be counted. */
  get limitsNewDevices(): boolean {
    return this.#newDevices !== undefined;
  }

  isOf(limits: KeyLimits): boolean {
    return this.#limits === limits || JSON.stringify(this.#limits) === JSON.stringify(limits);
  }

  /** Throws `RateLimitedError` if not even one reading is left, so that a body need not be read to know. */
  checkReadings(): void {
    if (this.#readings?.remaining(elapsedOf(this.#clock)) === 0) throw this.#tooManyReadings(1);
  }

  /** Takes that many readings, or throws `RateLimitedError` and takes nothing. */
  takeReadings(count: number): void {
    if (this.#readings?.take(count, elapsedOf(this.#clock)) === false) throw this.#tooManyReadings(count);
  }

  giveBackReadings(count: number): void {
    this.#readings?.giveBack(count);
  }

  /** What is left of the readings; `undefined` without a limit. */
  readings(): Allowance | undefined {
    if (this.#readings === undefined) return undefined;
    const now = elapsedOf(this.#clock);
    const { capacity } = this.#readings;
    return {
      limit: capacity,
      period: MINUTE,
      remaining: this.#readings.remaining(now),
      refillsIn: this.#readings.waitFor(capacity, now),
    };
  }

  /** Whether one more new device is granted; if so, it is taken. */
  takeNewDevice(): boolean {
    return this.#newDevices?.take(1, elapsedOf(this.#clock)) ?? true;
  }

  giveBackNewDevice(): void {
    this.#newDevices?.giveBack(1);
  }

  /** How long until a new device is granted. */
  newDeviceIn(): Millis {
    return this.#newDevices?.waitFor(1, elapsedOf(this.#clock)) ?? 0;
  }

  /** Counts a request until `endRequest`. Throws `RateLimitedError` if too many are being answered already. */
  beginRequest(): void {
    const { concurrentRequests = Infinity } = this.#limits;
    if (this.#requests >= concurrentRequests) {
      throw new RateLimitedError(
        `this key may have ${concurrentRequests} requests answered at once`,
        CONCURRENCY_RETRY / SECOND,
      );
    }
    this.#requests++;
  }

  endRequest(): void {
    this.#requests--;
  }

  #tooManyReadings(count: number): RateLimitedError {
    const wait = this.#readings?.waitFor(count, elapsedOf(this.#clock)) ?? 0;
    return new RateLimitedError(`this key may send ${this.#limits.readingsPerMinute} readings a minute`, wait / SECOND);
  }
}

/** The budgets of all keys, in this process. A key whose limits have changed begins with full ones. */
export class KeyBudgets {
  readonly #clock: Clock;
  readonly #budgets = new Map<string, KeyBudget>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `undefined` for a key without limits, and without a key. */
  of(key: ApiKey | undefined): KeyBudget | undefined {
    if (key?.limits === undefined) return undefined;
    const known = this.#budgets.get(key.id);
    if (known?.isOf(key.limits)) return known;
    const budget = new KeyBudget(key.limits, this.#clock);
    this.#budgets.set(key.id, budget);
    return budget;
  }
}
