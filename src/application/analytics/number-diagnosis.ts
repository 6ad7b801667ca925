import {
  type DataCause,
  type DiagnosisSpan,
  diagnose,
  diagnosisSpan,
  isSuspicious,
} from '#domain/efficiency/diagnosis';
import type { LinkedBalance } from '#domain/efficiency/linked-balance';
import type { EnergyBucket, EnergySeries } from '#domain/energy/energy-series';
import { linkCuts, type MeterLink } from '#domain/meter-link';
import type { Millis } from '#domain/time/time';
import { alignOutward, type TimeWindow } from '#domain/time/time-window';
import { mapBounded } from '../map-bounded.ts';
import type { ColdStore } from '../ports/cold-store.ts';

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
    const parts = new Map(balances.map(({ vehicleId, links }) => [vehicleId, meterParts(links, span)]));
    const [vehicles, seriesOf] = await Promise.all([
      this.#cold.seriesByDevice('vehicle', [...parts.keys()], span.seen, span.width),
      this.#seriesOfParts([...parts.values()].flat(), span.width),
    ]);
    return balances.flatMap(({ vehicleId, efficiency, lossThreshold }) => {
      const vehicle = vehicles.get(vehicleId) ?? [];
      const ofMeters = Map.groupBy(parts.get(vehicleId) ?? [], ({ meterId }) => meterId);
      const meters = [...ofMeters.values()].map((own) => joined(own.map(seriesOf)));
      const cause = diagnose({ efficiency, lossThreshold, span, meters, vehicle });
      return cause === undefined ? [] : [[vehicleId, cause]];
    });
  }

  /** Gives the series of each part. Most links hold all the time, so that one question is for nearly all meters. */
  async #seriesOfParts(parts: readonly MeterPart[], width: Millis): Promise<(part: MeterPart) => EnergySeries> {
    const keyOf = ({ window }: MeterPart) => `${window.from} ${window.to}`;
    const answers = new Map(
      await mapBounded(METER_QUERIES, [...Map.groupBy(parts, keyOf)], async ([key, alike]) => {
        const { window } = alike[0] as MeterPart;
        const meterIds = new Set(alike.map(({ meterId }) => meterId));
        return [key, await this.#cold.seriesByDevice('meter', [...meterIds], window, width)] as const;
      }),
    );
    return (part) => answers.get(keyOf(part))?.get(part.meterId) ?? [];
  }
}

/** A meter while a link of it held. Buckets are not cut: one at the edge of a link counts as a whole. */
interface MeterPart {
  readonly meterId: string;
  readonly window: TimeWindow;
}

function meterParts(links: readonly MeterLink[], { seen, width }: DiagnosisSpan): MeterPart[] {
  return linkCuts(links, seen).map(({ meterId, during }) => ({ meterId, window: alignOutward(during, width) }));
}

/** The series of one meter from its parts, which may have the bucket in common where one link follows another. */
function joined(parts: readonly EnergySeries[]): EnergySeries {
  const buckets = new Map<number, EnergyBucket>(parts.flat().map((bucket) => [bucket.start, bucket]));
  return [...buckets.values()].sort((a, b) => a.start - b.start);
}
