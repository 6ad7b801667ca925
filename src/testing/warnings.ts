import { coverage } from '#domain/coverage/coverage';
import { type LossWarning, lossWarningId, type WarningWatch } from '#domain/loss-warning';
import { DAY } from '#domain/time/time';
import { START } from './readings.ts';

/** An open warning about the day before `openedAt`. */
export function aWarning(given: Partial<LossWarning> = {}): LossWarning {
  const { vehicleId = 'EV-1', openedAt = START } = given;
  return {
    id: lossWarningId(vehicleId, openedAt),
    vehicleId,
    state: 'open',
    openedAt,
    clearedAt: null,
    lossThreshold: 0.85,
    window: { from: openedAt - DAY, to: openedAt },
    ac: 10_000_000,
    dc: 8_000_000,
    efficiency: 0.8,
    coverage: { vehicle: coverage(1440, 1440), meters: coverage(1400, 1440) },
    ...given,
  };
}

/** The watch of a vehicle whose last two evaluations were below the threshold. */
export const aWatch = (open: LossWarning | null, evaluatedTo = START, vehicleId = 'EV-1'): WarningWatch => ({
  vehicleId,
  evaluatedTo,
  below: 2,
  open,
});
