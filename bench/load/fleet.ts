import type { MilliwattHours } from '#domain/energy/energy';
import type { MeterReading, VehicleReading } from '#domain/reading/reading';
import { type EpochMillis, MINUTE } from '#domain/time/time';

/** The streams of a load: meters and vehicles alternating, or vehicles only. */
export type Mix = 'alternating' | 'vehicles';

/** Values repeat after this many minutes, timestamps never: enough to keep any store from compressing constants. */
export const VARIANTS = 8;

/**
 * A deterministic fleet: each minute ("round") every device sends one reading, one after the other and evenly spread
 * over the minute, so that timestamps advance as in practice. Reading n of a load is a pure function of n.
 */
export class Fleet {
  readonly devices: number;
  readonly start: EpochMillis;
  readonly mix: Mix;

  constructor({ devices, start, mix }: { devices: number; start: EpochMillis; mix: Mix }) {
    this.devices = devices;
    this.start = start;
    this.mix = mix;
  }

  /** `slot` is the device's place in the minute, 0 <= slot < devices. */
  timestamp(round: number, slot: number): EpochMillis {
    return this.start + round * MINUTE + Math.floor((slot * MINUTE) / this.devices);
  }

  reading(round: number, slot: number): MeterReading | VehicleReading {
    const timestamp = this.timestamp(round, slot);
    const random = scatter(slot * VARIANTS + (round % VARIANTS));
    const number = this.mix === 'alternating' ? slot >> 1 : slot;
    if (this.mix === 'alternating' && slot % 2 === 0) {
      const deviceId = `M-${digits(number)}`;
      const voltage = (2_200 + (random % 200)) / 10;
      return { kind: 'meter', deviceId, timestamp, receivedAt: timestamp, energy: acEnergy(random), voltage };
    }
    const deviceId = vehicleId(number);
    const soc = 10 + (random % 90);
    const batteryTemp = (150 + (random % 300)) / 10;
    return { kind: 'vehicle', deviceId, timestamp, receivedAt: timestamp, energy: dcEnergy(random), soc, batteryTemp };
  }

  /** The exact energy of all devices in the first `rounds` minutes. */
  energy(rounds: number): { ac: MilliwattHours; dc: MilliwattHours } {
    const total = { ac: 0, dc: 0 };
    for (let variant = 0; variant < VARIANTS; variant++) {
      const repeats = Math.ceil((rounds - variant) / VARIANTS);
      if (repeats <= 0) continue;
      for (let slot = 0; slot < this.devices; slot++) {
        const { kind, energy } = this.reading(variant, slot);
        total[kind === 'meter' ? 'ac' : 'dc'] += energy * repeats;
      }
    }
    return total;
  }
}

export function vehicleId(number: number): string {
  return `EV-${digits(number)}`;
}

function digits(number: number): string {
  return String(number).padStart(5, '0');
}

/** 0.05 to 0.15 kWh a minute: 3 to 9 kW. */
function acEnergy(random: number): MilliwattHours {
  return 50_000 + (random % 100_000);
}

/** On average 0.88 of `acEnergy`. */
function dcEnergy(random: number): MilliwattHours {
  return 44_000 + (random % 88_000);
}

/** A well-mixed non-negative 31-bit integer (murmur3's finalizer). */
function scatter(seed: number): number {
  let hash = seed + 1;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 1;
}
