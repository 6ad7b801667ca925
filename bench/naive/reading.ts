import * as v from 'valibot';

const DeviceId = v.pipe(v.string(), v.regex(/^[A-Za-z0-9._:-]{1,128}$/));
const Kwh = v.pipe(v.number(), v.minValue(0), v.maxValue(100));
const Timestamp = v.pipe(
  v.number(),
  v.transform((milliseconds) => new Date(milliseconds)),
);

const Meter = v.object({
  meterId: DeviceId,
  kwhConsumedAc: Kwh,
  voltage: v.pipe(v.number(), v.minValue(0), v.maxValue(1000)),
  timestamp: Timestamp,
});
const Vehicle = v.object({
  vehicleId: DeviceId,
  kwhDeliveredDc: Kwh,
  soc: v.pipe(v.number(), v.minValue(0), v.maxValue(100)),
  batteryTemp: v.pipe(v.number(), v.minValue(-60), v.maxValue(200)),
  timestamp: Timestamp,
});

export interface Parsed {
  readonly kind: 'meter' | 'vehicle';
  readonly deviceId: string;
  readonly document: Readonly<Record<string, number | Date>> & { readonly timestamp: Date };
}

/** `undefined` for an invalid reading. */
export function readReading(body: unknown): Parsed | undefined {
  const meter = v.safeParse(Meter, body);
  if (meter.success) {
    const { meterId, ...document } = meter.output;
    return { kind: 'meter', deviceId: meterId, document };
  }
  const vehicle = v.safeParse(Vehicle, body);
  if (!vehicle.success) return undefined;
  const { vehicleId, ...document } = vehicle.output;
  return { kind: 'vehicle', deviceId: vehicleId, document };
}
