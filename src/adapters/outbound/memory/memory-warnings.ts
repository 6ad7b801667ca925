import type { WarningQuery, WarningRepository } from '#application/ports/warning-repository';
import type { LossWarning, WarningChange, WarningWatch } from '#domain/loss-warning';
import type { EpochMillis } from '#domain/time/time';

/** Warnings in memory. Each call is one synchronous step. */
export class MemoryWarnings implements WarningRepository {
  readonly #watches = new Map<string, WarningWatch>();
  readonly #warnings = new Map<string, LossWarning>();
  #lastEvaluation: EpochMillis | undefined;

  async watches(vehicleIds: readonly string[]): Promise<ReadonlyMap<string, WarningWatch>> {
    const watches = vehicleIds.flatMap((vehicleId) => this.#watches.get(vehicleId) ?? []);
    return new Map(watches.map((watch) => [watch.vehicleId, watch]));
  }

  async keep(changes: readonly WarningChange[], latest: EpochMillis = Infinity): Promise<void> {
    for (const { watch, changed } of changes) {
      const known = this.#watches.get(watch.vehicleId);
      if (known !== undefined && known.evaluatedTo >= watch.evaluatedTo && known.evaluatedTo <= latest) continue;
      this.#watches.set(watch.vehicleId, watch);
      if (changed !== null) this.#warnings.set(changed.id, changed);
    }
  }

  async list({ state, after, limit }: WarningQuery): Promise<readonly LossWarning[]> {
    return [...this.#warnings.values()]
      .filter((warning) => state === undefined || warning.state === state)
      .filter((warning) => after === undefined || newestFirst(after, warning) < 0)
      .sort(newestFirst)
      .slice(0, limit);
  }

  async lastEvaluation(): Promise<EpochMillis | undefined> {
    return this.#lastEvaluation;
  }

  async evaluated(to: EpochMillis, latest: EpochMillis = Infinity): Promise<void> {
    const known = this.#lastEvaluation ?? -Infinity;
    this.#lastEvaluation = known > latest ? to : Math.max(known, to);
  }
}

type Place = Pick<LossWarning, 'openedAt' | 'id'>;

function newestFirst(a: Place, b: Place): number {
  return b.openedAt - a.openedAt || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);
}
