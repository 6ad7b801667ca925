import type { MilliwattHours } from '../energy/energy.ts';
import type { EpochMillis } from '../time/time.ts';

/**
 * A number that a device measures besides its energy. Values outside of `min` to `max`, both inclusive, are rejected.
 */
export interface MeasuredField {
  readonly unit: string;
  readonly min: number;
  readonly max: number;
  /** Totals keep an exact sum of this field, so that its average over a window can be reported. */
  readonly averaged?: boolean;
}

/** Everything that distinguishes one telemetry stream from another. */
export interface StreamDefinition {
  readonly kind: string;
  /** The plural of such a device; it names the routes (`/v1/meters`). */
  readonly plural: string;
  /** The field on the wire that carries the device's id and identifies the stream. */
  readonly idField: string;
  /** The field on the wire that carries the interval's energy in kWh. */
  readonly energyField: string;
  /** Which side of the charger the energy counts on: drawn as AC, delivered as DC, or neither (a producer's energy). */
  readonly current: 'ac' | 'dc' | 'neither';
  readonly measured: Readonly<Record<string, MeasuredField>>;
}

/**
 * One reading of a stream as the domain holds it: valid, rounded, energy in integer milliwatt-hours.
 * Its identity is (kind, deviceId, timestamp).
 */
export type ReadingOf<S extends StreamDefinition> = {
  readonly kind: S['kind'];
  readonly deviceId: string;
  readonly timestamp: EpochMillis;
  /** Energy since the device's previous reading: an interval amount, never a register. */
  readonly energy: MilliwattHours;
  /** When the engine received it. Part of neither the reading's identity nor its values. */
  readonly receivedAt: EpochMillis;
} & { readonly [Field in keyof S['measured']]: number };

/** The most kWh one reading may carry: 100 kWh in a minute is 6 MW, more than any charger delivers. */
const MAX_KWH_PER_READING = 100;

export interface NumberField extends MeasuredField {
  readonly name: string;
}

/** The fields of a stream that are numbers, as they are on the wire: its energy in kWh, then its measured fields. */
export function numberFields({ energyField, measured }: StreamDefinition): readonly NumberField[] {
  return [
    { name: energyField, unit: 'kWh', min: 0, max: MAX_KWH_PER_READING },
    ...Object.entries(measured).map(([name, field]) => ({ name, ...field })),
  ];
}
