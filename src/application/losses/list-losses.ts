import { lossWarning } from '#domain/efficiency/efficiency';
import { type Judgement, judge } from '#domain/efficiency/judgement';
import type { LinkedBalance } from '#domain/efficiency/linked-balance';
import type { WarningRule } from '#domain/loss-warning';
import { type EpochMillis, floorTo, HOUR } from '#domain/time/time';
import { alignOutward, type TimeWindow } from '#domain/time/time-window';
import { LinkedBalances } from '../analytics/linked-balances.ts';
import { NumberDiagnosis } from '../analytics/number-diagnosis.ts';
import { horizonWithin } from '../horizon.ts';
import type { Clock } from '../ports/clock.ts';
import type { TelemetryStore } from '../ports/telemetry-store.ts';

/** A linked vehicle under the threshold. Its efficiency is known. */
export interface VehicleLoss extends LinkedBalance, Judgement {
  readonly efficiency: number;
}

/** Where a vehicle stands in the list: worst first, then by id. */
export type LossPosition = Pick<VehicleLoss, 'efficiency' | 'vehicleId'>;

export interface LossPage {
  /** The window used: whole hours that are over. */
  readonly window: TimeWindow;
  readonly lossThreshold: number;
  readonly losses: readonly VehicleLoss[];
  /** The position to continue after, or `null` on the last page. */
  readonly next: LossPosition | null;
  /** The beginning of the history that is kept, when the window reaches past it. */
  readonly horizon?: EpochMillis;
}

type Ports = Pick<TelemetryStore, 'cold' | 'links' | 'retention'>;

/** Tells which linked vehicles lose energy, worst first. */
export class ListLosses {
  readonly #store: Ports;
  readonly #clock: Clock;
  readonly #rule: Pick<WarningRule, 'lossThreshold' | 'minAc'>;
  readonly #balances: LinkedBalances;
  readonly #diagnosis: NumberDiagnosis;

  constructor(store: Ports, clock: Clock, rule: Pick<WarningRule, 'lossThreshold' | 'minAc'>) {
    this.#store = store;
    this.#clock = clock;
    this.#rule = rule;
    this.#balances = new LinkedBalances(store, clock, rule.lossThreshold);
    this.#diagnosis = new NumberDiagnosis(store.cold);
  }

  /**
   * The whole fleet is summed for every page; reasons are looked for in its rows alone. Pages fit together when they
   * are asked for with the window that the first one used.
   */
  async list(requested: TimeWindow, page: { limit: number; after?: LossPosition }): Promise<LossPage> {
    const window = wholeHoursOver(requested, this.#clock.now());
    const [balances, horizon] = await Promise.all([
      this.#balances.over(window),
      horizonWithin(this.#store.retention, window),
    ]);
    const { after } = page;
    const found = balances
      .filter((balance) => isLoss(balance, this.#rule.lossThreshold))
      .filter((loss) => after === undefined || worstFirst(after, loss) < 0)
      .sort(worstFirst);
    const rows = found.slice(0, page.limit);
    const causes = await this.#diagnosis.causesOf(rows);
    const losses = rows.map((loss) => ({ ...loss, ...judge(loss, causes.get(loss.vehicleId), this.#rule.minAc) }));
    const last = found.length > losses.length ? losses.at(-1) : undefined;
    return {
      window,
      lossThreshold: this.#rule.lossThreshold,
      losses,
      next: last === undefined ? null : { efficiency: last.efficiency, vehicleId: last.vehicleId },
      ...horizon,
    };
  }
}

/** The window in whole hours that are over, and the last of these when the window holds none. */
function wholeHoursOver(window: TimeWindow, now: EpochMillis): TimeWindow {
  const { from, to } = alignOutward(window, HOUR);
  const end = Math.min(to, floorTo(HOUR, now));
  return { from: Math.min(from, end - HOUR), to: end };
}

type Loss = LinkedBalance & { readonly efficiency: number };

function isLoss(balance: LinkedBalance, threshold: number): balance is Loss {
  return lossWarning(balance.efficiency, threshold);
}

function worstFirst(a: LossPosition, b: LossPosition): number {
  return a.efficiency - b.efficiency || (a.vehicleId < b.vehicleId ? -1 : a.vehicleId > b.vehicleId ? 1 : 0);
}
