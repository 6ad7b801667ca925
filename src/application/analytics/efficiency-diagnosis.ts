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
 * Vehicle buckets examined in one step, with one query for all its vehicles and usually one for their meters: about 100
 * vehicles over a day, or 6 over a month. A step takes some milliseconds, and other work runs between steps.
 */
const BUCKETS_PER_STEP = 5_000;
/** Concurrent queries for meters whose links begin or end inside the window. */
const MAX_METER_QUERIES = 2;

/** Looks for faults in the data behind suspicious efficiencies. Rejects like the cold store. */
export class EfficiencyDiagnosis {
  readonly #cold: ColdStore;

  constructor(cold: ColdStore) {
    this.#cold = cold;
  }

  /**
   * The faults that explain efficiencies that are too low or too high, all over one window, by vehicle id; vehicles
   * without one are left out.
   */
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

  /** Looks up the series of each part. Most links hold all the time, so that one query serves nearly all meters. */
  async #seriesOfParts(parts: readonly MeterPart[], width: Millis): Promise<(part: MeterPart) => EnergySeries> {
    const keyOf = ({ window }: MeterPart) => `${window.from} ${window.to}`;
    const found = new Map(
      await mapBounded(MAX_METER_QUERIES, [...Map.groupBy(parts, keyOf)], async ([key, group]) => {
        const { window } = group[0] as MeterPart;
        const meterIds = new Set(group.map(({ meterId }) => meterId));
        return [key, await this.#cold.seriesByDevice('meter', [...meterIds], window, width)] as const;
      }),
    );
    return (part) => found.get(keyOf(part))?.get(part.meterId) ?? [];
  }
}

/** A meter during one of its links, in whole buckets: one at the edge of the link counts in full. */
interface MeterPart {
  readonly meterId: string;
  readonly window: TimeWindow;
}

function meterParts(links: readonly MeterLink[], { seen, width }: DiagnosisSpan): MeterPart[] {
  return linkCuts(links, seen).map(({ meterId, during }) => ({ meterId, window: alignOutward(during, width) }));
}

/** Joins the parts of one meter's series. Where one link follows another, two parts may share a bucket. */
function joined(parts: readonly EnergySeries[]): EnergySeries {
  const buckets = new Map<number, EnergyBucket>(parts.flat().map((bucket) => [bucket.start, bucket]));
  return [...buckets.values()].sort((a, b) => a.start - b.start);
}
