import { type DataCause, type DiagnosisSpan, diagnose, diagnosisSpan, isSuspicious } from '#domain/diagnosis';
import type { EnergyBucket, EnergySeries } from '#domain/energy-series';
import { type LinkedBalance, meterIds } from '#domain/linked-balance';
import { linkCuts, type MeterLink } from '#domain/meter-link';
import { alignOutward, type TimeWindow } from '#domain/time-window';
import { mapBounded } from './map-bounded.ts';
import type { ColdStore } from './ports/cold-store.ts';

/**
 * Buckets of the vehicles that are looked at in one step, with one question for all of them and one for their meters: 100
 * vehicles over a day, 6 over a month. Some milliseconds, after which others have their turn.
 */
const BUCKETS_PER_STEP = 5_000;
/** Questions under way at once for meters whose links begin or end inside the window. */
const METER_QUERIES = 2;

/** Looks at how the energy went when a number cannot be taken as it is. */
export class NumberDiagnosis {
  readonly #cold: ColdStore;

  constructor(cold: ColdStore) {
    this.#cold = cold;
  }

  /** The fault in the data that explains a number too low or too high; `undefined` when there is none to be seen. */
  async causeOf(balance: LinkedBalance): Promise<DataCause | undefined> {
    return (await this.causesOf([balance])).get(balance.vehicleId);
  }

  /** The faults behind the numbers of many vehicles over the same window, by vehicle; those without one are left out. */
  async causesOf(balances: readonly LinkedBalance[]): Promise<ReadonlyMap<string, DataCause>> {
    const causes = new Map<string, DataCause>();
    const suspicious = balances.filter(({ efficiency, dc, lossThreshold }) =>
      isSuspicious(efficiency, dc, lossThreshold),
    );
    const [first] = suspicious;
    if (first === undefined) return causes;
    const span = diagnosisSpan(first.window);
    const vehicles = Math.max(1, Math.floor((BUCKETS_PER_STEP * span.width) / (span.seen.to - span.seen.from)));
    for (let at = 0; at < suspicious.length; at += vehicles) {
      const found = await this.#causes(suspicious.slice(at, at + vehicles), span);
      for (const [vehicleId, cause] of found) causes.set(vehicleId, cause);
    }
    return causes;
  }

  async #causes(balances: readonly LinkedBalance[], span: DiagnosisSpan): Promise<[string, DataCause][]> {
    const vehicleIds = balances.map(({ vehicleId }) => vehicleId);
    const [vehicles, meters] = await Promise.all([
      this.#cold.seriesByDevice('vehicle', vehicleIds, span.seen, span.width),
      this.#seriesOfMeters(
        balances.flatMap(({ links }) => links),
        span,
      ),
    ]);
    return balances.flatMap(({ vehicleId, links, efficiency, lossThreshold }) => {
      const vehicle = vehicles.get(vehicleId) ?? [];
      const own = meterIds(links).map((meterId) => meters(meterId, links));
      const cause = diagnose({ efficiency, lossThreshold, span, meters: own, vehicle });
      return cause === undefined ? [] : [[vehicleId, cause]];
    });
  }

  /**
   * Gives a meter's energy while links of it held. Buckets are not cut: one at the edge of a link counts as a whole. Most
   * links hold all the time, so that one question is for nearly all meters.
   */
  async #seriesOfMeters(links: readonly MeterLink[], { seen, width }: DiagnosisSpan) {
    const asked = new Map<string, { readonly window: TimeWindow; readonly meterIds: Set<string> }>();
    const bucketsOf = (own: readonly MeterLink[]) =>
      linkCuts(own, seen).map(({ meterId, during }) => {
        const window = alignOutward(during, width);
        return { meterId, window, key: `${window.from} ${window.to}` };
      });
    for (const { meterId, window, key } of bucketsOf(links)) {
      const question = asked.get(key) ?? { window, meterIds: new Set() };
      asked.set(key, question);
      question.meterIds.add(meterId);
    }
    const answers = new Map(
      await mapBounded(METER_QUERIES, [...asked], async ([key, { window, meterIds }]) => {
        return [key, await this.#cold.seriesByDevice('meter', [...meterIds], window, width)] as const;
      }),
    );
    return (meterId: string, ofVehicle: readonly MeterLink[]): EnergySeries => {
      const parts = bucketsOf(ofVehicle.filter((link) => link.meterId === meterId)).flatMap(
        ({ key }) => answers.get(key)?.get(meterId) ?? [],
      );
      const buckets = new Map<number, EnergyBucket>(parts.map((bucket) => [bucket.start, bucket]));
      return [...buckets.values()].sort((a, b) => a.start - b.start);
    };
  }
}
