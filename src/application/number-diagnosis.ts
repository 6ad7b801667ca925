import { type DataCause, type DiagnosisSpan, diagnose, diagnosisSpan, isSuspicious } from '#domain/diagnosis';
import type { EnergyBucket, EnergySeries } from '#domain/energy-series';
import { type LinkedBalance, meterIds } from '#domain/linked-balance';
import { linkCuts, type MeterLink } from '#domain/meter-link';
import { alignOutward } from '#domain/time-window';
import type { ColdStore } from './ports/cold-store.ts';

/** Looks at how the energy went when a number cannot be taken as it is. */
export class NumberDiagnosis {
  readonly #cold: ColdStore;

  constructor(cold: ColdStore) {
    this.#cold = cold;
  }

  /** The fault in the data that explains a number too low or too high; `undefined` when there is none to be seen. */
  async causeOf(balance: LinkedBalance): Promise<DataCause | undefined> {
    const { vehicleId, window, links, efficiency, dc, lossThreshold } = balance;
    if (!isSuspicious(efficiency, dc, lossThreshold)) return undefined;
    const span = diagnosisSpan(window);
    const [vehicle, ...meters] = await Promise.all([
      this.#cold.deviceSeries('vehicle', vehicleId, span.seen, span.width),
      ...meterIds(links).map((meterId) => this.#meterSeries(meterId, links, span)),
    ]);
    return diagnose({ efficiency, lossThreshold, span, meters, vehicle });
  }

  /** A meter's energy while it was linked. Buckets are not cut: one at the edge of a link counts as a whole. */
  async #meterSeries(
    meterId: string,
    links: readonly MeterLink[],
    { seen, width }: DiagnosisSpan,
  ): Promise<EnergySeries> {
    const own = links.filter((link) => link.meterId === meterId);
    const parts = await Promise.all(
      linkCuts(own, seen).map(({ during }) =>
        this.#cold.deviceSeries('meter', meterId, alignOutward(during, width), width),
      ),
    );
    const buckets = new Map<number, EnergyBucket>(parts.flat().map((bucket) => [bucket.start, bucket]));
    return [...buckets.values()].sort((a, b) => a.start - b.start);
  }
}
