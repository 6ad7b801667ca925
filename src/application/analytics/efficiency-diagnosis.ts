import { type CloseUp, closeUpOf, hoursToSee, type SpreadEnergy } from '#domain/efficiency/close-up';
import { type DataCause, type Diagnosis, diagnose, type Examined, sendsRegister } from '#domain/efficiency/diagnosis';
import { type DiagnosisSpan, diagnosisSpan } from '#domain/efficiency/diagnosis-span';
import { countsMoreDc, type LinkedBalance, withDcWithoutAc } from '#domain/efficiency/linked-balance';
import { type EnergySeries, joined } from '#domain/energy/energy-series';
import { linkCuts } from '#domain/meter-link';
import { type EpochMillis, floorTo, HOUR, MINUTE, type Millis } from '#domain/time/time';
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

/** A balance without the DC from elsewhere, and the fault in its data. */
export interface ExaminedBalance<B extends LinkedBalance = LinkedBalance> {
  readonly balance: B;
  readonly cause: DataCause | undefined;
}

type Subject = Pick<LinkedBalance, 'vehicleId' | 'links'>;

/**
 * Looks for faults in the data behind efficiencies, and for DC from elsewhere. Long windows are examined by the hour;
 * the hours that leave a doubt, at most 24 per vehicle, are then seen by the minute. Rejects like the cold store.
 */
export class EfficiencyDiagnosis {
  readonly #cold: ColdStore;

  constructor(cold: ColdStore) {
    this.#cold = cold;
  }

  /** Examines balances, all over one window, and returns them in the same order, without DC from elsewhere. */
  async examine<B extends LinkedBalance>(balances: readonly B[]): Promise<readonly ExaminedBalance<B>[]> {
    const all: ExaminedBalance<B>[] = [];
    const [first] = balances;
    if (first === undefined) return all;
    const span = diagnosisSpan(first.window);
    for (const step of inSteps(balances, span.seen, span.width)) {
      for (const [i, { cause, dcWithoutAc }] of (await this.#diagnose(step, span)).entries()) {
        all.push({ balance: withDcWithoutAc(step[i] as B, dcWithoutAc), cause });
      }
    }
    return all;
  }

  async #diagnose(balances: readonly LinkedBalance[], span: DiagnosisSpan): Promise<readonly Diagnosis[]> {
    const spread = await this.#spread(balances, span.seen, span.width);
    const examined = balances.map((balance): Examined => ({ balance, span, ...spreadOf(spread, balance) }));
    const hours = new Map<LinkedBalance, ReadonlySet<EpochMillis>>();
    for (const [i, balance] of balances.entries()) {
      const one = examined[i] as Examined;
      const toSee = sendsRegister(one) ? [] : hoursToSee(span, one, countsMoreDc(balance));
      if (toSee.length > 0) hours.set(balance, new Set(toSee));
    }
    const closeUps = await this.#closeUps(hours);
    return balances.map(({ vehicleId }, i) => diagnose(examined[i] as Examined, closeUps.get(vehicleId)));
  }

  /** Reads the hours of all vehicles together, hour by hour: vehicles often charge at the same time. */
  async #closeUps(hours: ReadonlyMap<LinkedBalance, ReadonlySet<EpochMillis>>): Promise<ReadonlyMap<string, CloseUp>> {
    const parts = new Map([...hours.keys()].map(({ vehicleId }) => [vehicleId, [] as Spread[]]));
    for (const hour of new Set([...hours.values()].flatMap((own) => [...own]))) {
      const window = closeUpOf(hour);
      const subjects = [...hours].filter(([, own]) => own.has(hour)).map(([balance]) => balance);
      for (const step of inSteps(subjects, window, MINUTE)) {
        const found = await this.#spread(step, window, MINUTE);
        for (const [vehicleId, spread] of found) parts.get(vehicleId)?.push(spread);
      }
    }
    return new Map(
      [...hours].map(([{ vehicleId }, own]) => {
        const spread = joinedSpread(parts.get(vehicleId) ?? []);
        const kept = new Set(spread.vehicle.map(({ start }) => floorTo(HOUR, start))); // older ones may be dropped
        return [vehicleId, { hours: new Set([...own].filter((hour) => kept.has(hour))), ...spread }];
      }),
    );
  }

  /** The energy of the vehicles and of their meters while linked, over a window of whole buckets. */
  async #spread(subjects: readonly Subject[], window: TimeWindow, width: Millis): Promise<ReadonlyMap<string, Spread>> {
    const parts = new Map(subjects.map(({ vehicleId, links }) => [vehicleId, meterParts(links, window, width)]));
    const [vehicles, seriesOf] = await Promise.all([
      this.#cold.seriesByDevice('vehicle', [...parts.keys()], window, width),
      this.#seriesOfParts([...parts.values()].flat(), width),
    ]);
    return new Map(
      [...parts].map(([vehicleId, own]) => {
        const meters = own.map((part) => [part.meterId, seriesOf(part)] as const);
        return [vehicleId, { vehicle: vehicles.get(vehicleId) ?? [], meters }];
      }),
    );
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

/** The series of a vehicle and of the parts of its meters. */
interface Spread {
  readonly vehicle: EnergySeries;
  readonly meters: readonly (readonly [meterId: string, series: EnergySeries])[];
}

function spreadOf(all: ReadonlyMap<string, Spread>, { vehicleId }: Subject): SpreadEnergy {
  const own = all.get(vehicleId);
  return joinedSpread(own === undefined ? [] : [own]);
}

function joinedSpread(parts: readonly Spread[]): SpreadEnergy {
  const ofMeters = Map.groupBy(
    parts.flatMap(({ meters }) => meters),
    ([meterId]) => meterId,
  );
  return {
    vehicle: joined(parts.map(({ vehicle }) => vehicle)),
    meters: [...ofMeters.values()].map((own) => joined(own.map(([, series]) => series))),
  };
}

/** A meter during one of its links, in whole buckets: one at the edge of the link counts in full. */
interface MeterPart {
  readonly meterId: string;
  readonly window: TimeWindow;
}

function meterParts(links: Subject['links'], window: TimeWindow, width: Millis): MeterPart[] {
  return linkCuts(links, window).map(({ meterId, during }) => ({ meterId, window: alignOutward(during, width) }));
}

function inSteps<T>(vehicles: readonly T[], { from, to }: TimeWindow, width: Millis): readonly (readonly T[])[] {
  const size = Math.max(1, Math.floor((BUCKETS_PER_STEP * width) / (to - from)));
  const steps = Math.ceil(vehicles.length / size);
  return Array.from({ length: steps }, (_, i) => vehicles.slice(i * size, (i + 1) * size));
}
