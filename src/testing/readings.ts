import { milliwattHoursFromKwh } from '#domain/energy/energy';
import type { MeterReading, Reading, VehicleReading } from '#domain/reading/reading';
import { storedReading } from '#domain/reading/stored-reading';
import type { MeasuredField, StreamDefinition } from '#domain/streams/stream';
import { type Kind, streams } from '#domain/streams/streams';
import type { EpochMillis } from '#domain/time/time';

/** A whole hour in the past, from which most tests start. */
export const START: EpochMillis = Date.UTC(2026, 0, 15, 12);

/** What a test says about a reading; the rest has defaults. */
export interface GivenReading {
  /** `<kind>-1` by default. */
  readonly deviceId?: string;
  /** `START` by default. */
  readonly timestamp?: EpochMillis;
  /** 0.1 by default. */
  readonly kwh?: number;
  /** A quarter of a second after the timestamp by default. */
  readonly receivedAt?: EpochMillis;
  /** Measured fields by name; one without a value is in the lower part of its range. */
  readonly values?: Readonly<Record<string, number>>;
}

/** A reading of any stream. */
export function aReading(
  kind: Kind,
  { deviceId = `${kind}-1`, kwh = 0.1, values = {}, ...given }: GivenReading = {},
): Reading {
  const measured = measuredOf(kind).map(([name, field]) => [name, values[name] ?? usualValue(field)]);
  return storedReading({
    kind,
    deviceId,
    ...intervalOf(kwh, given.timestamp),
    ...given,
    ...Object.fromEntries(measured),
  });
}

/** The members that follow from a reading's time and energy. */
function intervalOf(kwh: number, timestamp: EpochMillis = START) {
  return { timestamp, energy: milliwattHoursFromKwh(kwh), receivedAt: timestamp + 250 };
}

/** The measured fields of a stream with their bounds. */
export function measuredOf(kind: Kind): [name: string, field: MeasuredField][] {
  return Object.entries<MeasuredField>((streams[kind] as StreamDefinition).measured);
}

function usualValue({ min, max }: MeasuredField): number {
  return Math.round((min + (max - min) / 4) * 10) / 10;
}

type Given<R> = Partial<Omit<R, 'kind' | 'energy'>> & { kwh?: number };

export function aMeterReading({ kwh = 0.1, ...given }: Given<MeterReading> = {}): MeterReading {
  return { kind: 'meter', deviceId: 'M-1', ...intervalOf(kwh, given.timestamp), voltage: 230.5, ...given };
}

export function aVehicleReading({ kwh = 0.08, ...given }: Given<VehicleReading> = {}): VehicleReading {
  return { kind: 'vehicle', deviceId: 'EV-1', ...intervalOf(kwh, given.timestamp), soc: 50, batteryTemp: 25, ...given };
}
