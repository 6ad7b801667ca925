import { meterStream } from './meter-stream.ts';
import type { StreamDefinition } from './stream.ts';
import { streamShape } from './stream-shape.ts';
import { vehicleStream } from './vehicle-stream.ts';

/** Every telemetry stream of the engine. A new stream is one file beside `vehicle-stream.ts` and one line here. */
export const streams = {
  meter: meterStream,
  vehicle: vehicleStream,
} as const satisfies Record<string, StreamDefinition>;

export type Kind = keyof typeof streams;

export const kinds = Object.keys(streams) as readonly Kind[];

/** The names of the fields a stream measures besides its energy, in the order of its definition. */
export function measuredFields(kind: Kind): readonly string[] {
  return Object.keys(streams[kind].measured);
}

/** The measured fields whose sums the totals keep, so that they can be averaged. */
export function averagedFields(kind: Kind): readonly string[] {
  return streamShape(streams[kind]).averaged;
}

export type ByKind<T> = { [K in Kind]: T };

export function byKind<T>(make: (kind: Kind) => T): ByKind<T> {
  return Object.fromEntries(kinds.map((kind) => [kind, make(kind)])) as ByKind<T>;
}
