import type { MilliwattHours } from '../energy/energy.ts';
import { type Efficiency, efficiency, lossWarning } from './efficiency.ts';

/** The AC and DC energy of the same devices in the same window. */
export interface EnergyBalance {
  readonly ac: MilliwattHours;
  readonly dc: MilliwattHours;
  /** ac - dc; negative when the data is at fault. */
  readonly loss: MilliwattHours;
  readonly efficiency: Efficiency;
  readonly lossWarning: boolean;
  readonly lossThreshold: number;
}

export function energyBalance(ac: MilliwattHours, dc: MilliwattHours, lossThreshold: number): EnergyBalance {
  const ratio = efficiency(ac, dc);
  return { ac, dc, loss: ac - dc, efficiency: ratio, lossWarning: lossWarning(ratio, lossThreshold), lossThreshold };
}
