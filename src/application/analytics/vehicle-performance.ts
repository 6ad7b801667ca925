import { type Coverage, coverage, expectedReadings, isSufficient } from '#domain/coverage/coverage';
import { isImplausible, verdict } from '#domain/efficiency/efficiency';
import { type EnergyBalance, energyBalance } from '#domain/efficiency/energy-balance';
import { type Judgement, judge, type Reason } from '#domain/efficiency/judgement';
import { linkedBalance, meterIds } from '#domain/efficiency/linked-balance';
import type { MilliwattHours } from '#domain/energy/energy';
import type { WarningRule } from '#domain/loss-warning';
import { linkCuts, type MeterLink } from '#domain/meter-link';
import { average, type DeviceTotals, type StreamTotals } from '#domain/reading/totals';
import type { EpochMillis } from '#domain/time/time';
import { alignOutward, type TimeWindow } from '#domain/time/time-window';
import { horizonWithin } from '../horizon.ts';
import type { Clock } from '../ports/clock.ts';
import type { TelemetryStore } from '../ports/telemetry-store.ts';
import { fleetEnergy } from './fleet-performance.ts';
import { NumberDiagnosis } from './number-diagnosis.ts';

/** How much of the energy drawn for one vehicle arrived in its battery. */
export interface VehiclePerformance
  extends Judgement,
    Pick<EnergyBalance, 'loss' | 'efficiency' | 'lossWarning' | 'lossThreshold'> {
  readonly vehicleId: string;
  /** The window used, aligned outward to whole minutes. */
  readonly window: TimeWindow;
  /** AC of the linked meters, or of the fleet when no link is known. */
  readonly acConsumed: MilliwattHours;
  /** DC of this vehicle, whatever the basis. */
  readonly dcDelivered: MilliwattHours;
  /** Degrees Celsius; `null` without readings. */
  readonly averageBatteryTemp: number | null;
  readonly acBasis: 'linked-meters' | 'fleet';
  /** Ids of the linked meters; empty on the fleet basis. */
  readonly meters: readonly string[];
  /** On the fleet basis loss and efficiency are the fleet's: AC of all over DC of all, like for like. */
  readonly fleet?: { readonly ac: MilliwattHours; readonly dc: MilliwattHours };
  readonly coverage: {
    readonly vehicle: Coverage;
    /** `null` on the fleet basis: how many meters should have reported is not known there. */
    readonly meters: Coverage | null;
  };
  /** The beginning of the history that is kept, when the window reaches past it. */
  readonly horizon?: EpochMillis;
}

type Ports = Pick<TelemetryStore, 'cold' | 'hot' | 'links' | 'retention'>;

/** Tells a vehicle's efficiency over a window, with what it rests on and whether it can be believed. */
export class ReportVehiclePerformance {
  readonly #store: Ports;
  readonly #clock: Clock;
  readonly #rule: Pick<WarningRule, 'lossThreshold' | 'minAc'>;
  readonly #diagnosis: NumberDiagnosis;

  constructor(store: Ports, clock: Clock, rule: Pick<WarningRule, 'lossThreshold' | 'minAc'>) {
    this.#store = store;
    this.#clock = clock;
    this.#rule = rule;
    this.#diagnosis = new NumberDiagnosis(store.cold);
  }

  /** `undefined` when the vehicle was never seen. */
  async report(vehicleId: string, requested: TimeWindow): Promise<VehiclePerformance | undefined> {
    const { cold, hot, retention } = this.#store;
    const window = alignOutward(requested);
    const [drawn, vehicle, horizon] = await Promise.all([
      this.#drawn(vehicleId, window),
      cold.deviceTotals('vehicle', vehicleId, window),
      horizonWithin(retention, window),
    ]);
    if (vehicle.readings === 0 && (await hot.newest('vehicle', vehicleId)) === undefined) return undefined;
    const known = { vehicleId, window, vehicle };
    const performance = drawn.links.length > 0 ? await this.#onLinks(known, drawn) : await this.#onFleet(known);
    return { ...performance, ...horizon };
  }

  async #drawn(vehicleId: string, window: TimeWindow): Promise<Drawn> {
    const links = await this.#store.links.during(window, vehicleId);
    const cuts = linkCuts(links, window);
    const totals = cuts.map(({ meterId, during }) => this.#store.cold.deviceTotals('meter', meterId, during));
    return { links, meters: await Promise.all(totals) };
  }

  async #onLinks(known: Known, { links, meters }: Drawn): Promise<VehiclePerformance> {
    const balance = linkedBalance({ ...known, links, meters }, this.#clock.now(), this.#rule.lossThreshold);
    const cause = await this.#diagnosis.causeOf(balance);
    return {
      ...reported(known, balance),
      acBasis: 'linked-meters',
      meters: meterIds(links),
      coverage: balance.coverage,
      ...judge(balance, cause, this.#rule.minAc),
    };
  }

  async #onFleet(known: Known): Promise<VehiclePerformance> {
    const { window, vehicle } = known;
    const { lossThreshold } = this.#rule;
    const fleet = await this.#store.cold.fleetTotals(window);
    const balance = energyBalance(fleetEnergy(fleet, 'ac'), fleetEnergy(fleet, 'dc'), lossThreshold);
    const ownCoverage = coverage(vehicle.readings, expectedReadings(window, this.#clock.now()));
    return {
      ...reported(known, balance),
      acBasis: 'fleet',
      meters: [],
      fleet: { ac: balance.ac, dc: balance.dc },
      coverage: { vehicle: ownCoverage, meters: null },
      verdict: verdict({
        vehicleReadings: vehicle.readings,
        efficiency: balance.efficiency,
        lossThreshold,
        coverages: [ownCoverage],
      }),
      reasons: fleetReasons(vehicle, ownCoverage, balance),
    };
  }
}

/** What a vehicle's meters measured while they fed it, link by link. */
interface Drawn {
  readonly links: readonly MeterLink[];
  readonly meters: readonly StreamTotals[];
}

interface Known {
  readonly vehicleId: string;
  readonly window: TimeWindow;
  readonly vehicle: DeviceTotals;
}

/** What reads alike on either basis. */
function reported({ vehicleId, window, vehicle }: Known, balance: EnergyBalance) {
  return {
    vehicleId,
    window,
    acConsumed: balance.ac,
    dcDelivered: vehicle.energy,
    loss: balance.loss,
    efficiency: balance.efficiency,
    lossWarning: balance.lossWarning,
    lossThreshold: balance.lossThreshold,
    averageBatteryTemp: average(vehicle, 'batteryTemp'),
  };
}

function fleetReasons(vehicle: DeviceTotals, ownCoverage: Coverage, { efficiency }: EnergyBalance): Reason[] {
  const found: Reason[] = ['no-linked-meter'];
  if (vehicle.readings > 0 && !isSufficient(ownCoverage)) found.push('gaps-in-vehicle-readings');
  if (isImplausible(efficiency)) found.push('more-dc-than-ac');
  return found;
}
