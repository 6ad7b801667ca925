import { averagedFields, byKind, measuredFields, streams } from '#domain/streams/streams';

/** The field names of each stream's documents, as on the wire. */
export const fieldsOf = byKind((kind) => ({
  id: streams[kind].idField as string,
  energy: streams[kind].energyField as string,
  measured: measuredFields(kind),
  averaged: averagedFields(kind),
}));
