import { type Coverage, deviceCoverage } from '#domain/coverage/coverage';
import { type EnergyBalance, energyBalance } from '#domain/efficiency/energy-balance';
import { type Judgement, judge, judgeUnlinked } from '#domain/efficiency/judgement';
import { linkedBalance, type MeterDraw, meterIds } from '#domain/efficiency/linked-balance';
import type { MilliwattHours } from '#domain/energy/energy';
import type { WarningRule } from '#domain/loss-warning';
import { linkCuts, type MeterLink, successorIds } from '#domain/meter-link';
import { average, type DeviceTotals } from '#domain/reading/totals';
import { alignOutward, type TimeWindow } from '#domain/time/time-window';
import { horizonWithin, type WithHorizon } from '../horizon.ts';
import type { Clock } from '../ports/clock.ts';
import type { EngineStore } from '../ports/engine-store.ts';
import { EfficiencyDiagnosis } from './efficiency-diagnosis.ts';
import { fleetEnergy } from './report-fleet-performance.ts';

/** How much of the energy drawn for one vehicle arrived in its battery, and whether that can be believed. */
export interface VehiclePerformance
  extends Judgement,
    WithHorizon,
    Pick<EnergyBalance, 'loss' | 'efficiency' | 'lossWarning' | 'lossThreshold'> {
  readonly vehicleId: string;
  /** The window used, aligned outward to whole minutes. */
  readonly window: TimeWindow;
  /** AC of the linked meters; of the whole fleet when the vehicle has no link in the window. */
  readonly acConsumed: MilliwattHours;
  /** DC of this vehicle, on either basis. */
  readonly dcDelivered: MilliwattHours;
  /** The part of `dcDelivered` that came from elsewhere and is in no loss or efficiency; 0 on the fleet basis. */
  readonly dcWithoutAc: MilliwattHours;
  /** In degrees Celsius; `null` without readings. */
  readonly averageBatteryTemp: number | null;
  readonly acBasis: 'linked-meters' | 'fleet';
  /** Ids of the linked meters; empty on the fleet basis. */
  readonly meters: readonly string[];
  /** Only on the fleet basis, where loss and efficiency are the fleet's: all DC against all AC. */
  readonly fleet?: { readonly ac: MilliwattHours; readonly dc: MilliwattHours };
  readonly coverage: {
    readonly vehicle: Coverage;
    /** `null` on the fleet basis, where it is unknown how many meters should have reported. */
    readonly meters: Coverage | null;
  };
}

type Ports = Pick<EngineStore, 'cold' | 'hot' | 'links' | 'upkeep'>;

/** Reports a vehicle's efficiency over a window, with the evidence and whether it can be believed. */
export class ReportVehiclePerformance {
  readonly #store: Ports;
  readonly #clock: Clock;
  readonly #rule: Pick<WarningRule, 'lossThreshold' | 'minAc'>;
  readonly #diagnosis: EfficiencyDiagnosis;

  constructor(store: Ports, clock: Clock, rule: Pick<WarningRule, 'lossThreshold' | 'minAc'>) {
    this.#store = store;
    this.#clock = clock;
    this.#rule = rule;
    this.#diagnosis = new EfficiencyDiagnosis(store.cold);
  }

  /**
   * The window is aligned outward to whole minutes. `undefined` when no reading of the vehicle was ever stored. Rejects
   * like the store. Its parts are read one by one: readings that arrive meanwhile may count in some and not in others.
   */
  async report(vehicleId: string, requested: TimeWindow): Promise<VehiclePerformance | undefined> {
    const { cold, hot, upkeep } = this.#store;
    const window = alignOutward(requested);
    const [linked, vehicle, horizon] = await Promise.all([
      this.#linked(vehicleId, window),
      cold.deviceTotals('vehicle', vehicleId, window),
      horizonWithin(upkeep, window),
    ]);
    if (vehicle.readings === 0 && !(await hot.knows('vehicle', vehicleId))) return undefined;
    const known = { vehicleId, window, vehicle };
    const performance = linked.links.length > 0 ? await this.#onLinks(known, linked) : await this.#onFleet(known);
    return { ...performance, ...horizon };
  }

  async #linked(vehicleId: string, window: TimeWindow): Promise<Linked> {
    const links = await this.#store.links.during(window, vehicleId);
    const drawn = linkCuts(links, window, await this.#successors(links, window)).map(async (cut) => {
      return { cut, totals: await this.#store.cold.deviceTotals('meter', cut.meterId, cut.timestamps) };
    });
    return { links, drawn: await Promise.all(drawn) };
  }

  /** The links that begin in the window at the moment when another link of their meter, often of another vehicle, ends. */
  async #successors(links: readonly MeterLink[], window: TimeWindow): Promise<ReadonlySet<string>> {
    const beginning = links.filter(({ from }) => from >= window.from);
    const before = await Promise.all(
      beginning.map(({ meterId, from }) => this.#store.links.list({ meterId, at: from - 1, limit: 1 })),
    );
    return successorIds(before.flat());
  }

  async #onLinks(known: Known, { links, drawn }: Linked): Promise<VehiclePerformance> {
    const balance = linkedBalance({ ...known, links, drawn }, this.#clock.now(), this.#rule.lossThreshold);
    const [examined = { balance, cause: undefined }] = await this.#diagnosis.examine([balance]);
    return {
      ...commonFields(known, examined.balance),
      acBasis: 'linked-meters',
      meters: meterIds(links),
      coverage: balance.coverage,
      ...judge(examined.balance, examined.cause, this.#rule.minAc),
    };
  }

  async #onFleet(known: Known): Promise<VehiclePerformance> {
    const { window, vehicle } = known;
    const { lossThreshold } = this.#rule;
    const fleet = await this.#store.cold.fleetTotals(window);
    const balance = energyBalance(fleetEnergy(fleet, 'ac'), fleetEnergy(fleet, 'dc'), lossThreshold);
    const ownCoverage = deviceCoverage(vehicle, window, this.#clock.now());
    return {
      ...commonFields(known, balance),
      acBasis: 'fleet',
      meters: [],
      fleet: { ac: balance.ac, dc: balance.dc },
      coverage: { vehicle: ownCoverage, meters: null },
      ...judgeUnlinked(vehicle.readings, ownCoverage, balance.efficiency),
    };
  }
}

interface Linked {
  readonly links: readonly MeterLink[];
  readonly drawn: readonly MeterDraw[];
}

interface Known {
  readonly vehicleId: string;
  readonly window: TimeWindow;
  readonly vehicle: DeviceTotals;
}

function commonFields({ vehicleId, window, vehicle }: Known, balance: EnergyBalance) {
  return {
    vehicleId,
    window,
    acConsumed: balance.ac,
    dcDelivered: vehicle.energy,
    dcWithoutAc: balance.dcWithoutAc,
    loss: balance.loss,
    efficiency: balance.efficiency,
    lossWarning: balance.lossWarning,
    lossThreshold: balance.lossThreshold,
    averageBatteryTemp: average(vehicle, 'batteryTemp'),
  };
}
