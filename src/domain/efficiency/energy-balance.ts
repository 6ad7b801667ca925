import type { MilliwattHours } from '../energy/energy.ts';
import { type Efficiency, efficiency, lossWarning } from './efficiency.ts';

/** The AC and DC energy of the same devices in the same window. */
export interface EnergyBalance {
  readonly ac: MilliwattHours;
  /** All DC, that without AC included. */
  readonly dc: MilliwattHours;
  /** The part of `dc` that arrived while no AC flowed, such as from another charger. It is in no loss or efficiency. */
  readonly dcWithoutAc: MilliwattHours;
  /** ac - (dc - dcWithoutAc); negative when the data is at fault. */
  readonly loss: MilliwattHours;
  /** (dc - dcWithoutAc) / ac. */
  readonly efficiency: Efficiency;
  readonly lossWarning: boolean;
  readonly lossThreshold: number;
}

export function energyBalance(
  ac: MilliwattHours,
  dc: MilliwattHours,
  lossThreshold: number,
  dcWithoutAc: MilliwattHours = 0,
): EnergyBalance {
  const delivered = dc - dcWithoutAc;
  const ratio = efficiency(ac, delivered);
  return {
    ac,
    dc,
    dcWithoutAc,
    loss: ac - delivered,
    efficiency: ratio,
    lossWarning: lossWarning(ratio, lossThreshold),
    lossThreshold,
  };
}
