import type { MilliwattHours } from '../energy/energy.ts';
import { type Efficiency, efficiency, lossWarning } from './efficiency.ts';

/** AC against DC of the same things in the same window. */
export interface EnergyBalance {
  readonly ac: MilliwattHours;
  readonly dc: MilliwattHours;
  /** ac - dc; negative when the data are at fault. */
  readonly loss: MilliwattHours;
  readonly efficiency: Efficiency;
  readonly lossWarning: boolean;
  readonly lossThreshold: number;
}

export function energyBalance(ac: MilliwattHours, dc: MilliwattHours, lossThreshold: number): EnergyBalance {
  const ratio = efficiency(ac, dc);
  return {
    ac,
    dc,
    loss: ac - dc,
    efficiency: ratio,
    lossWarning: lossWarning(ratio, lossThreshold),
    lossThreshold,
  };
}
