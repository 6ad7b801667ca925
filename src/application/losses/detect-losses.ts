import type { DataCause } from '#domain/efficiency/diagnosis';
import { isImplausible } from '#domain/efficiency/efficiency';
import { countsMoreDc, type LinkedBalance } from '#domain/efficiency/linked-balance';
import {
  evaluateUnlinked,
  evaluateWarning,
  type Finding,
  type WarningChange,
  type WarningRule,
  type WarningWatch,
} from '#domain/loss-warning';
import { DAY, type EpochMillis, HOUR, type Millis } from '#domain/time/time';
import { EfficiencyDiagnosis } from '../analytics/efficiency-diagnosis.ts';
import { LinkedBalances } from '../analytics/linked-balances.ts';
import type { Clock } from '../ports/clock.ts';
import type { EngineStore } from '../ports/engine-store.ts';
import { closableBefore } from '../upkeep/close-hours.ts';

/** The length of the window evaluated: a day contains each of a vehicle's daily habits once. */
const EVALUATION_WINDOW: Millis = DAY;
/** How many missed evaluations a service that was down catches up on. */
const MAX_CAUGHT_UP = 24;
/** Vehicles whose watches are read and written in one step. */
const VEHICLES_PER_STEP = 500;

type Ports = Pick<EngineStore, 'cold' | 'links' | 'warnings'>;

/**
 * Watches linked vehicles for losses, and opens and clears warnings: for each hour that can be closed, the 24 h that
 * end with it are evaluated once. The warning of a vehicle without a link during a whole window clears at the end of
 * that window, because the vehicle can no longer be judged. Several processes may detect at once, and the next run
 * completes one that was interrupted: an evaluation of a vehicle is stored once, no matter which process makes it.
 */
export class DetectLosses {
  readonly #store: Ports;
  readonly #clock: Clock;
  readonly #latestClock: Clock;
  readonly #rule: WarningRule;
  readonly #balances: LinkedBalances;
  readonly #diagnosis: EfficiencyDiagnosis;

  /**
   * `clock` must show the confirmed time, because what was evaluated is not evaluated again. What was evaluated to a
   * time that not even `latestClock` has reached is: a clock was ahead.
   */
  constructor(store: Ports, clock: Clock, rule: WarningRule, latestClock: Clock = clock) {
    this.#store = store;
    this.#clock = clock;
    this.#latestClock = latestClock;
    this.#rule = rule;
    this.#balances = new LinkedBalances(store, clock, rule.lossThreshold);
    this.#diagnosis = new EfficiencyDiagnosis(store.cold);
  }

  /** Runs every evaluation that is due, oldest first. Stops when `signal` aborts; the next run continues from there. */
  async detect(signal?: AbortSignal): Promise<void> {
    const last = closableBefore(this.#clock.now());
    const latest = Math.max(last, closableBefore(this.#latestClock.now()));
    const before = (await this.#store.warnings.lastEvaluation()) ?? -Infinity;
    const first = Math.max(before > latest ? -Infinity : before + HOUR, last - (MAX_CAUGHT_UP - 1) * HOUR);
    for (let to = first; to <= last && !signal?.aborted; to += HOUR) {
      const balances = await this.#balances.compute({ from: to - EVALUATION_WINDOW, to });
      for (let i = 0; i < balances.length; i += VEHICLES_PER_STEP) {
        if (signal?.aborted) return;
        await this.#evaluate(balances.slice(i, i + VEHICLES_PER_STEP), to, latest);
      }
      await this.#clearUnlinked(new Set(balances.map(({ vehicleId }) => vehicleId)), to, latest, signal);
      if (signal?.aborted) return;
      // Without any link nothing was evaluated, so that links added later are judged on the day before, too.
      if (balances.length > 0) await this.#store.warnings.evaluated(to, latest);
    }
  }

  async #evaluate(balances: readonly LinkedBalance[], to: EpochMillis, latest: EpochMillis): Promise<void> {
    const watches = await this.#store.warnings.watches(balances.map(({ vehicleId }) => vehicleId));
    const due = balances.filter(({ vehicleId }) => isDue(watches.get(vehicleId), to, latest));
    // Only balances that could change something are examined: DC from elsewhere may hide a loss, too.
    const { lossThreshold } = this.#rule;
    const mayCount = (balance: LinkedBalance) => {
      const isLow = isBelievable(balance, this.#rule) && balance.efficiency < lossThreshold;
      return isLow || countsMoreDc(balance) || (watches.get(balance.vehicleId)?.open ?? null) !== null;
    };
    const examined = await this.#diagnosis.examine(due.filter(mayCount));
    const settled = new Map(examined.map((one) => [one.balance.vehicleId, one]));
    const changes = due.map((total): WarningChange => {
      const { balance, cause } = settled.get(total.vehicleId) ?? { balance: total, cause: undefined };
      const watch = currentStreak(watches.get(balance.vehicleId), balance, to);
      return evaluateWarning(watch, finding(balance, cause, this.#rule), to, this.#rule);
    });
    await this.#store.warnings.keep(changes, latest);
  }

  /**
   * Clears the open warnings of vehicles without any link in the window. Each page continues after the last warning of
   * the previous one, so that none is skipped while warnings leave the list.
   */
  async #clearUnlinked(
    linked: ReadonlySet<string>,
    to: EpochMillis,
    latest: EpochMillis,
    signal?: AbortSignal,
  ): Promise<void> {
    const query = { state: 'open', limit: VEHICLES_PER_STEP } as const;
    let page = await this.#store.warnings.list(query);
    for (let last = page.at(-1); last !== undefined && !signal?.aborted; last = page.at(-1)) {
      const unlinked = page.map(({ vehicleId }) => vehicleId).filter((vehicleId) => !linked.has(vehicleId));
      const watches = await this.#store.warnings.watches(unlinked);
      const due = [...watches.values()].filter((watch) => isDue(watch, to, latest));
      const changes = due.map((watch) => evaluateUnlinked(watch, to));
      if (changes.length > 0) await this.#store.warnings.keep(changes, latest);
      page = await this.#store.warnings.list({ ...query, after: { openedAt: last.openedAt, id: last.id } });
    }
  }
}

/** Whether the window that ends at `to` is still to be evaluated; what was evaluated beyond `latest` does not count. */
function isDue(watch: WarningWatch | undefined, to: EpochMillis, latest: EpochMillis): boolean {
  return watch === undefined || watch.evaluatedTo < to || watch.evaluatedTo > latest;
}

/** The finding of an evaluation from an examined balance, or one that needs no examination. */
function finding(balance: LinkedBalance, cause: DataCause | undefined, rule: WarningRule): Finding {
  if (cause !== undefined || !isBelievable(balance, rule)) return { believable: false };
  const { window, ac, dc, dcWithoutAc, efficiency, coverage } = balance;
  const evidence = { window, ac, dc, ...(dcWithoutAc > 0 && { dcWithoutAc }), efficiency, coverage };
  return { believable: true, evidence };
}

/** Whether the totals alone allow a judgement. */
function isBelievable(balance: LinkedBalance, rule: WarningRule): balance is LinkedBalance & { efficiency: number } {
  const { ac, efficiency, coverage } = balance;
  const isSufficient = Math.min(coverage.vehicle.ratio, coverage.meters.ratio) >= rule.minCoverage;
  return efficiency !== null && !isImplausible(efficiency) && ac >= rule.minAc && isSufficient;
}

/** The watch before this evaluation. If an evaluation was missed (no link at the time), the streak restarts. */
function currentStreak(watch: WarningWatch | undefined, { vehicleId }: LinkedBalance, to: EpochMillis): WarningWatch {
  if (watch === undefined) return { vehicleId, evaluatedTo: to - HOUR, below: 0, open: null };
  return watch.evaluatedTo === to - HOUR ? watch : { ...watch, below: 0 };
}
