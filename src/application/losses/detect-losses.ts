import type { LinkedBalance } from '#domain/efficiency/linked-balance';
import {
  evaluateUnlinked,
  evaluateWarning,
  type Finding,
  type WarningRule,
  type WarningWatch,
} from '#domain/loss-warning';
import { DAY, type EpochMillis, floorTo, HOUR, MINUTE, type Millis } from '#domain/time/time';
import { LinkedBalances } from '../analytics/linked-balances.ts';
import { NumberDiagnosis } from '../analytics/number-diagnosis.ts';
import type { Clock } from '../ports/clock.ts';
import type { TelemetryStore } from '../ports/telemetry-store.ts';
import type { WarningChange } from '../ports/warning-repository.ts';

/** Readings of the last minute of an hour arrive after the hour is over. */
const GRACE: Millis = 2 * MINUTE;
/** Each evaluation looks at this much: a day has every habit of a vehicle in it once. */
const EVALUATED: Millis = DAY;
/** Evaluations that a service which was down makes good. */
const MISSED_HOURS = 24;
/** Vehicles whose watches are read and kept in one step. */
const VEHICLES_PER_STEP = 500;

type Ports = Pick<TelemetryStore, 'cold' | 'links' | 'warnings'>;

/**
 * Watches linked vehicles for losses: each hour that is over ends a window of 24 h, which is evaluated once. Opens and
 * clears warnings. One whose vehicle had no link during a whole window clears at the end of that window: nothing can be
 * said about the vehicle any more. Several processes may do so at once, and one that ends in the middle is caught up by
 * the next run: an evaluation of a vehicle is kept once, whoever makes it.
 */
export class DetectLosses {
  readonly #store: Ports;
  readonly #clock: Clock;
  readonly #rule: WarningRule;
  readonly #balances: LinkedBalances;
  readonly #diagnosis: NumberDiagnosis;

  constructor(store: Ports, clock: Clock, rule: WarningRule) {
    this.#store = store;
    this.#clock = clock;
    this.#rule = rule;
    this.#balances = new LinkedBalances(store, clock, rule.lossThreshold);
    this.#diagnosis = new NumberDiagnosis(store.cold);
  }

  /** Makes every evaluation that is due, oldest first. Ends early when `signal` aborts; the next run goes on there. */
  async detect(signal?: AbortSignal): Promise<void> {
    const last = floorTo(HOUR, this.#clock.now() - GRACE);
    const before = await this.#store.warnings.lastEvaluation();
    const first = Math.max(before === undefined ? -Infinity : before + HOUR, last - (MISSED_HOURS - 1) * HOUR);
    for (let to = first; to <= last && !signal?.aborted; to += HOUR) {
      const balances = await this.#balances.over({ from: to - EVALUATED, to });
      for (let i = 0; i < balances.length; i += VEHICLES_PER_STEP) {
        if (signal?.aborted) return;
        await this.#evaluate(balances.slice(i, i + VEHICLES_PER_STEP), to);
      }
      await this.#clearUnlinked(new Set(balances.map(({ vehicleId }) => vehicleId)), to, signal);
      if (signal?.aborted) return;
      // Without any link nothing was evaluated: the first links to come are judged by the day before them.
      if (balances.length > 0) await this.#store.warnings.evaluated(to);
    }
  }

  async #evaluate(balances: readonly LinkedBalance[], to: EpochMillis): Promise<void> {
    const watches = await this.#store.warnings.watches(balances.map(({ vehicleId }) => vehicleId));
    const due = balances.filter(({ vehicleId }) => (watches.get(vehicleId)?.evaluatedTo ?? -Infinity) < to);
    const findings = due.map((balance) => ({ balance, finding: finding(balance, this.#rule) }));
    // Only what would count against a vehicle is looked at more closely.
    const { lossThreshold } = this.#rule;
    const against = findings.filter(({ finding }) => finding.believable && finding.evidence.efficiency < lossThreshold);
    const causes = await this.#diagnosis.causesOf(against.map(({ balance }) => balance));
    const changes = findings.map(({ balance, finding }): WarningChange => {
      const watch = inARow(watches.get(balance.vehicleId), balance, to);
      return evaluateWarning(watch, causes.has(balance.vehicleId) ? { believable: false } : finding, to, this.#rule);
    });
    await this.#store.warnings.keep(changes);
  }

  /**
   * Clears the warnings that are open on vehicles without any link in the window. A page begins where the one before
   * ended, so that none is passed over while warnings leave the list.
   */
  async #clearUnlinked(linked: ReadonlySet<string>, to: EpochMillis, signal?: AbortSignal): Promise<void> {
    const query = { state: 'open', limit: VEHICLES_PER_STEP } as const;
    let page = await this.#store.warnings.list(query);
    for (let last = page.at(-1); last !== undefined && !signal?.aborted; last = page.at(-1)) {
      const unlinked = page.map(({ vehicleId }) => vehicleId).filter((vehicleId) => !linked.has(vehicleId));
      const watches = await this.#store.warnings.watches(unlinked);
      const due = [...watches.values()].filter(({ evaluatedTo }) => evaluatedTo < to);
      if (due.length > 0) await this.#store.warnings.keep(due.map((watch) => evaluateUnlinked(watch, to)));
      page = await this.#store.warnings.list({ ...query, after: { openedAt: last.openedAt, id: last.id } });
    }
  }
}

/** What the totals say, as long as no fault in the data explains it. */
function finding({ window, ac, dc, efficiency, coverage }: LinkedBalance, rule: WarningRule): Finding {
  const sufficient = Math.min(coverage.vehicle.ratio, coverage.meters.ratio) >= rule.minCoverage;
  if (efficiency === null || efficiency > 1 || ac < rule.minAc || !sufficient) return { believable: false };
  return { believable: true, evidence: { window, ac, dc, efficiency, coverage } };
}

/** The watch before this evaluation. One that missed an evaluation, having no link then, begins its row anew. */
function inARow(watch: WarningWatch | undefined, { vehicleId }: LinkedBalance, to: EpochMillis): WarningWatch {
  if (watch === undefined) return { vehicleId, evaluatedTo: to - HOUR, below: 0, open: null };
  return watch.evaluatedTo === to - HOUR ? watch : { ...watch, below: 0 };
}
