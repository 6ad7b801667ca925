import {
  closeLook,
  type DataCause,
  type DiagnosisSpan,
  diagnose,
  diagnosisSpan,
  hasCounter,
  type Spread,
} from '#domain/efficiency/diagnosis';
import { type LinkedBalance, withoutDcElsewhere } from '#domain/efficiency/linked-balance';
import type { EnergyBucket, EnergySeries } from '#domain/energy/energy-series';
import { linkCuts, type MeterLink } from '#domain/meter-link';
import { MINUTE, type Millis } from '#domain/time/time';
import { alignOutward, type TimeWindow } from '#domain/time/time-window';
import { mapBounded } from '../map-bounded.ts';
import type { ColdStore } from '../ports/cold-store.ts';

/**
 * Vehicle buckets examined in one step, with one query for all its vehicles and usually one for their meters: about 100
 * vehicles over a day, or 6 over a month. A step takes some milliseconds, and other work runs between steps.
 */
const BUCKETS_PER_STEP = 5_000;
/** Concurrent queries for meters whose links begin or end inside the window, and for close looks. */
const MAX_METER_QUERIES = 2;

/** A balance after its data was looked at: DC that arrived elsewhere is left out of its efficiency. */
export interface Diagnosed {
  readonly balance: LinkedBalance;
  /** The fault in the data, if any. */
  readonly cause: DataCause | undefined;
}

/** Looks for faults in the data behind efficiencies. Rejects like the cold store. */
export class EfficiencyDiagnosis {
  readonly #cold: ColdStore;

  constructor(cold: ColdStore) {
    this.#cold = cold;
  }

  /** Looks at the data behind each of these balances, all over one window. The result has their order. */
  async diagnose(balances: readonly LinkedBalance[]): Promise<readonly Diagnosed[]> {
    const [first] = balances;
    if (first === undefined) return [];
    const span = diagnosisSpan(first.window);
    const vehicles = Math.max(1, Math.floor((BUCKETS_PER_STEP * span.width) / (span.seen.to - span.seen.from)));
    const diagnosed: Diagnosed[] = [];
    for (let at = 0; at < balances.length; at += vehicles) {
      diagnosed.push(...(await this.#step(balances.slice(at, at + vehicles), span)));
    }
    return diagnosed;
  }

  async #step(balances: readonly LinkedBalance[], span: DiagnosisSpan): Promise<readonly Diagnosed[]> {
    const spread = await this.#spread(balances, span.seen, span.width);
    return mapBounded(MAX_METER_QUERIES, balances, async (balance) => {
      const data = { lossThreshold: balance.lossThreshold, span, ...spread(balance) };
      const { cause = await this.#closeLook(balance, data), dcWithoutAc } = diagnose(data);
      return { balance: dcWithoutAc === 0 ? balance : withoutDcElsewhere(balance, dcWithoutAc), cause };
    });
  }

  /** Looks at some hours by the minute where the hours leave open whether a device sends a counter. */
  async #closeLook(balance: LinkedBalance, data: Spread): Promise<DataCause | undefined> {
    const window = closeLook(data);
    if (window === undefined) return undefined;
    const { meters, vehicle } = (await this.#spread([balance], window, MINUTE))(balance);
    return hasCounter(meters, vehicle) ? 'energy-looks-like-a-register' : undefined;
  }

  /** Reads the series of these vehicles and of their meters. Returns how to look them up. */
  async #spread(balances: readonly LinkedBalance[], window: TimeWindow, width: Millis) {
    const parts = new Map(balances.map(({ vehicleId, links }) => [vehicleId, meterParts(links, window, width)]));
    const [vehicles, seriesOf] = await Promise.all([
      this.#cold.seriesByDevice('vehicle', [...parts.keys()], window, width),
      this.#seriesOfParts([...parts.values()].flat(), width),
    ]);
    return ({ vehicleId }: LinkedBalance): Pick<Spread, 'meters' | 'vehicle'> => {
      const ofMeters = Map.groupBy(parts.get(vehicleId) ?? [], ({ meterId }) => meterId);
      const meters = [...ofMeters.values()].map((own) => joined(own.map(seriesOf)));
      return { meters, vehicle: vehicles.get(vehicleId) ?? [] };
    };
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

function meterParts(links: readonly MeterLink[], window: TimeWindow, width: Millis): MeterPart[] {
  return linkCuts(links, window).map(({ meterId, during }) => ({ meterId, window: alignOutward(during, width) }));
}

/** Joins the parts of one meter's series. Where one link follows another, two parts may share a bucket. */
function joined(parts: readonly EnergySeries[]): EnergySeries {
  const buckets = new Map<number, EnergyBucket>(parts.flat().map((bucket) => [bucket.start, bucket]));
  return [...buckets.values()].sort((a, b) => a.start - b.start);
}
