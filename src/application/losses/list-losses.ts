import { lossWarning } from '#domain/efficiency/efficiency';
import { type Judgement, judge } from '#domain/efficiency/judgement';
import { countsMoreDc, type LinkedBalance } from '#domain/efficiency/linked-balance';
import type { WarningRule } from '#domain/loss-warning';
import { type EpochMillis, floorTo, HOUR } from '#domain/time/time';
import { alignOutward, type TimeWindow } from '#domain/time/time-window';
import { EfficiencyDiagnosis } from '../analytics/efficiency-diagnosis.ts';
import { LinkedBalances } from '../analytics/linked-balances.ts';
import { horizonWithin, type WithHorizon } from '../horizon.ts';
import { pageOf } from '../page.ts';
import type { Clock } from '../ports/clock.ts';
import type { EngineStore } from '../ports/engine-store.ts';

/** A linked vehicle with an efficiency below the threshold. */
export interface VehicleLoss extends LinkedBalance, Judgement {
  readonly efficiency: number;
}

/** A position in the list, which is sorted by efficiency, worst first, then by id. */
export type LossPosition = Pick<VehicleLoss, 'efficiency' | 'vehicleId'>;

export interface LossPage extends WithHorizon {
  /** The window used: whole hours that are over. */
  readonly window: TimeWindow;
  readonly lossThreshold: number;
  /** Worst first. */
  readonly losses: readonly VehicleLoss[];
  /** The position to continue after, or `null` on the last page. */
  readonly next: LossPosition | null;
}

type Ports = Pick<EngineStore, 'cold' | 'links' | 'upkeep'>;

/** Lists the linked vehicles that lose energy, worst first. */
export class ListLosses {
  readonly #store: Ports;
  readonly #clock: Clock;
  readonly #rule: Pick<WarningRule, 'lossThreshold' | 'minAc'>;
  readonly #balances: LinkedBalances;
  readonly #diagnosis: EfficiencyDiagnosis;

  constructor(store: Ports, clock: Clock, rule: Pick<WarningRule, 'lossThreshold' | 'minAc'>) {
    this.#store = store;
    this.#clock = clock;
    this.#rule = rule;
    this.#balances = new LinkedBalances(store, clock, rule.lossThreshold);
    this.#diagnosis = new EfficiencyDiagnosis(store.cold);
  }

  /**
   * Sums the whole fleet for every page, but looks for reasons only for the page's vehicles and for those that received
   * DC in more minutes than their meters drew AC. Pages are consistent when
   * every request uses the window that the first page returned. Rejects like the store.
   */
  async list(requested: TimeWindow, page: { limit: number; after?: LossPosition }): Promise<LossPage> {
    const window = elapsedHours(requested, this.#clock.now());
    const [balances, horizon] = await Promise.all([
      this.#balances.compute(window),
      horizonWithin(this.#store.upkeep, window),
    ]);
    const { after } = page;
    const found = (await this.#withoutDcFromElsewhere(balances))
      .filter((balance) => isLoss(balance, this.#rule.lossThreshold))
      .filter((loss) => after === undefined || worstFirst(after, loss) < 0)
      .sort(worstFirst);
    const { items, next } = pageOf(found, page.limit, ({ efficiency, vehicleId }) => ({ efficiency, vehicleId }));
    const examined = await this.#diagnosis.examine(items);
    const losses = examined.map(({ balance, cause }) => ({ ...balance, ...judge(balance, cause, this.#rule.minAc) }));
    return { window, lossThreshold: this.#rule.lossThreshold, losses, next, ...horizon };
  }

  /** DC from elsewhere can hide a loss, so it is kept out before the list is cut into pages. */
  async #withoutDcFromElsewhere(balances: readonly LinkedBalance[]): Promise<readonly LinkedBalance[]> {
    const examined = await this.#diagnosis.examine(balances.filter(countsMoreDc));
    const settled = new Map(examined.map(({ balance }) => [balance.vehicleId, balance]));
    return balances.map((balance) => settled.get(balance.vehicleId) ?? balance);
  }
}

/** The window in whole hours that are over; the last such hour when it contains none. */
function elapsedHours(window: TimeWindow, now: EpochMillis): TimeWindow {
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
