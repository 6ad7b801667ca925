import * as definitions from './definitions.ts';
import type { StreamDefinition } from './stream.ts';
import { streamShape } from './stream-shape.ts';

/** The definition of each stream, by its kind. */
export const streams = { ...definitions } satisfies {
  readonly [K in keyof typeof definitions]: StreamDefinition & { readonly kind: K };
};

/** The kind of a stream, of its devices and readings. */
export type Kind = keyof typeof streams;

/** Sorted, because threads count streams by position, and loaders list the exports of a module in different orders. */
export const kinds = Object.keys(streams).sort() as readonly Kind[];

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
