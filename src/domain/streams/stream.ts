import type { MilliwattHours } from '../energy/energy.ts';
import type { EpochMillis } from '../time/time.ts';

/** A number that a device measures besides its energy. */
export interface MeasuredField {
  /** For people. May change at any time; stored values are not converted. */
  readonly unit: string;
  /**
   * Values below `min` or above `max` are rejected. Both may change at any time: stored readings outside of new bounds
   * are still served.
   */
  readonly min: number;
  readonly max: number;
  /**
   * Totals keep an exact sum of this field, so that its average over a window can be reported. May not change once the
   * stream has data: the sums of closed hours lack a field added later.
   */
  readonly averaged?: boolean;
}

/**
 * Everything that distinguishes one telemetry stream from another. Members that may not change once the stream has data
 * are checked when a store is opened, see `streamShape`; until its first reading, a stream may change in every way.
 */
export interface StreamDefinition {
  /** Names the stream's tables and collections. Under a new name it is a new stream, and the old data are unseen. */
  readonly kind: string;
  /** The plural of such a device; it names the routes (`/v1/meters`). May change at any time. */
  readonly plural: string;
  /**
   * The field on the wire that carries the device's id and identifies the stream. May not change once the stream has
   * data: a store may have it in its keys.
   */
  readonly idField: string;
  /** The field on the wire that carries the interval's energy in kWh. May not change once the stream has data. */
  readonly energyField: string;
  /**
   * Which side of the charger the energy counts on, in every efficiency: drawn as AC, or delivered as DC. `neither` for
   * all else, such as the energy that solar inverters produce: it is in no AC, DC, loss or efficiency, and the fleet's
   * report shows it by itself. May change at any time, and changes answers about the past too: efficiency is computed
   * when it is asked for.
   */
  readonly current: 'ac' | 'dc' | 'neither';
  /** Their order may change at any time. Once the stream has data, none may be added, removed or renamed. */
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
