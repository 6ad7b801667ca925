import type { MilliwattHours } from '../energy/energy.ts';
import type { EpochMillis } from '../time/time.ts';

/** One number a device measures beside its energy. `min` and `max` are inclusive and reject what cannot be. */
export interface MeasuredField {
  readonly unit: string;
  readonly min: number;
  readonly max: number;
  /** Totals keep an exact sum of this field, so that its average over a window can be told. */
  readonly averaged?: boolean;
}

/** Everything that tells one telemetry stream from another. */
export interface StreamDefinition {
  readonly kind: string;
  /** The word for many such devices; it names the routes (`/v1/meters`). */
  readonly plural: string;
  /** The field on the wire that carries the device's id and tells the stream. */
  readonly idField: string;
  /** The field on the wire that carries the interval's energy in kWh. */
  readonly energyField: string;
  /** Which side of the chargers the energy is counted on: drawn as AC, delivered as DC, or (a producer's) on neither. */
  readonly current: 'ac' | 'dc' | 'neither';
  readonly measured: Readonly<Record<string, MeasuredField>>;
}

/**
 * One reading of a stream, as the domain holds it: valid, rounded, in integer milliwatt-hours.
 * Its identity is (kind, deviceId, timestamp).
 */
export type ReadingOf<S extends StreamDefinition> = {
  readonly kind: S['kind'];
  readonly deviceId: string;
  readonly timestamp: EpochMillis;
  /** Energy since the device's previous reading: an interval amount, never a register. */
  readonly energy: MilliwattHours;
  /** When the engine received it. Not part of the reading's identity or of its values. */
  readonly receivedAt: EpochMillis;
} & { readonly [Field in keyof S['measured']]: number };

/** Most kWh one reading may carry: 100 kWh in a minute is 6 MW, more than any charger delivers. */
export const MAX_KWH_PER_READING = 100;
