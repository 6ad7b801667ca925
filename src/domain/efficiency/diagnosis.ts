import type { MilliwattHours } from '../energy/energy.ts';
import {
  clockLag,
  type EnergyBucket,
  type EnergySeries,
  isOutOfStep,
  MAX_EXCESS_SHARE,
  seriesWithin,
  sumOfSeries,
  widened,
} from '../energy/energy-series.ts';
import { loneDc, loneShare, totalEnergy } from '../energy/lone-energy.ts';
import { exceedsAnyCharger, isRegister } from '../energy/register.ts';
import { floorTo, HOUR, MINUTE, type Millis } from '../time/time.ts';
import type { TimeWindow } from '../time/time-window.ts';
import type { CloseUp, SpreadEnergy } from './close-up.ts';
import type { DiagnosisSpan } from './diagnosis-span.ts';
import { type Efficiency, efficiency, isImplausible } from './efficiency.ts';
import type { EnergyBalance } from './energy-balance.ts';

/** A fault in the data behind an efficiency, recognized from how the energy is spread over time. */
export type DataCause = 'energy-looks-like-a-register' | 'clock-offset' | 'more-dc-than-ac';

/** What the spread of the energy over time says about a balance. */
export interface Diagnosis {
  /** A fault in the data, with which no efficiency can be believed. */
  readonly cause: DataCause | undefined;
  /** DC of the window that arrived while no AC flowed, and does not count in the efficiency; 0 with a cause. */
  readonly dcWithoutAc: MilliwattHours;
}

/** A balance and how its energy is spread over `span.seen`. */
export interface Examined extends SpreadEnergy {
  readonly balance: Pick<EnergyBalance, 'ac' | 'dc' | 'lossThreshold'> & { readonly window: TimeWindow };
  readonly span: DiagnosisSpan;
}

/** At most this share of the DC arrives elsewhere, and of the AC without DC: else the two do not belong together. */
const MAX_LONE_SHARE = 0.5;

/**
 * Looks for a fault in the data, whatever the totals look like, and for DC from elsewhere. A register spoils every
 * comparison, so it is checked first; a wrong clock also shows as DC without AC, so it is checked second.
 */
export function diagnose(examined: Examined, closeUp?: CloseUp): Diagnosis {
  const { balance, span, meters, vehicle } = examined;
  const { judged, width, maxLag } = span;
  if (sendsRegister(examined, closeUp)) return fault('energy-looks-like-a-register');

  const { ac, dc, lossThreshold } = balance;
  const drawn = sumOfSeries(meters);
  if (
    isLastinglyOutOfStep(drawn, vehicle) &&
    clockLag(drawn, vehicle, { width, maxLag, minEfficiency: lossThreshold }) !== undefined
  ) {
    return fault('clock-offset');
  }

  const [judgedAc, judgedDc] = [seriesWithin(drawn, judged), seriesWithin(vehicle, judged)];
  const lone = loneDcOf(examined, drawn, closeUp);
  const { from, to } = balance.window; // `judged` may extend beyond it, in whole hours
  const loneEnergy = totalEnergy(lone.filter(({ start }) => from <= start && start < to));
  const isElsewhere = loneEnergy <= dc * MAX_LONE_SHARE && loneShare(judgedAc, judgedDc) <= MAX_LONE_SHARE;
  if (!isElsewhere && loneEnergy > dc * MAX_EXCESS_SHARE) return fault('more-dc-than-ac');

  const dcWithoutAc = isElsewhere ? loneEnergy : 0;
  const ratio = efficiency(ac, dc - dcWithoutAc);
  const delivered = isElsewhere ? without(lone, judgedDc, width) : judgedDc;
  const outOfStep = isSuspicious(ratio, dc, lossThreshold) && isLastinglyOutOfStep(judgedAc, delivered);
  return isImplausible(ratio) || outOfStep ? fault('more-dc-than-ac') : { cause: undefined, dcWithoutAc };
}

function fault(cause: DataCause): Diagnosis {
  return { cause, dcWithoutAc: 0 };
}

/** Whether a device sends a register, or a power that no charger delivers. */
export function sendsRegister(examined: Examined, closeUp?: CloseUp): boolean {
  const { judged, width } = examined.span;
  const withinJudged = {
    meters: examined.meters.map((series) => seriesWithin(series, judged)),
    vehicle: seriesWithin(examined.vehicle, judged),
  };
  const exceeds = ({ meters, vehicle }: SpreadEnergy, buckets: Millis) =>
    [...meters, vehicle].some((series) => exceedsAnyCharger(series, buckets, judged));
  if ([withinJudged, examined].some(hasRegister) || exceeds(examined, width)) return true;
  return closeUp !== undefined && (hasRegister(closeUp) || exceeds(closeUp, MINUTE));
}

function hasRegister({ meters, vehicle }: SpreadEnergy): boolean {
  const drawn = sumOfSeries(meters);
  return (
    meters.some((series) => isRegister({ series, other: vehicle, current: 'ac' })) ||
    isRegister({ series: vehicle, other: drawn, current: 'dc' })
  );
}

/** The DC without AC of the span: by the minute in the hours of the close-up, else in the buckets of the span. */
function loneDcOf({ vehicle }: Examined, drawn: EnergySeries, closeUp?: CloseUp): EnergySeries {
  if (closeUp === undefined) return loneDc(drawn, vehicle);
  const isSeen = ({ start }: EnergyBucket) => closeUp.hours.has(floorTo(HOUR, start));
  const coarse = loneDc(drawn, vehicle).filter((bucket) => !isSeen(bucket));
  return [...coarse, ...loneDc(sumOfSeries(closeUp.meters), closeUp.vehicle).filter(isSeen)];
}

/** Meters may count in steps and clocks may be off by minutes, so AC and DC are compared in wider buckets as well. */
const MIN_COMPARED_WIDTH: Millis = 15 * MINUTE;

function isLastinglyOutOfStep(ac: EnergySeries, dc: EnergySeries): boolean {
  return isOutOfStep(ac, dc) && isOutOfStep(widened(ac, MIN_COMPARED_WIDTH), widened(dc, MIN_COMPARED_WIDTH));
}

/** The series less the energy of `lone`, whose buckets may be narrower. */
function without(lone: EnergySeries, series: EnergySeries, width: Millis): EnergySeries {
  const byBucket = Map.groupBy(lone, ({ start }) => floorTo(width, start));
  return series.map((bucket) => ({
    ...bucket,
    energy: bucket.energy - totalEnergy(byBucket.get(bucket.start) ?? []),
  }));
}

/** Whether an efficiency is too low or too high to be accepted unexamined. DC without any AC is suspicious, too. */
function isSuspicious(value: Efficiency, dc: MilliwattHours, lossThreshold: number): boolean {
  if (value === null) return dc > 0;
  return value < lossThreshold || isImplausible(value);
}
