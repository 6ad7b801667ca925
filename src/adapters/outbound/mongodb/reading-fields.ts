import { kwhFromMilliwattHours, milliwattHoursFromKwh } from '#domain/energy';
import { measuredValue, type Reading } from '#domain/reading';
import { averagedFields, byKind, type Kind, measuredFields, streams } from '#domain/streams';
import type { EpochMillis } from '#domain/time';

/** What a document of any stream holds beside its identity: energy in kWh and measured values, named as on the wire. */
export interface ReadingFields {
  readonly receivedAt: Date;
  readonly [field: string]: unknown;
}

/** The field names of each stream's documents. */
export const fieldsOf = byKind((kind) => ({
  id: streams[kind].idField as string,
  energy: streams[kind].energyField as string,
  measured: measuredFields(kind),
  averaged: averagedFields(kind),
}));

export function toFields(reading: Reading): ReadingFields {
  const { energy, measured } = fieldsOf[reading.kind];
  const fields: Record<string, unknown> = { [energy]: kwhFromMilliwattHours(reading.energy) };
  for (const field of measured) fields[field] = measuredValue(reading, field);
  return Object.assign(fields, { receivedAt: new Date(reading.receivedAt) });
}

export function fromFields(kind: Kind, deviceId: string, timestamp: EpochMillis, fields: ReadingFields): Reading {
  const { energy, measured } = fieldsOf[kind];
  const reading: Record<string, unknown> = {
    kind,
    deviceId,
    timestamp,
    energy: milliwattHoursFromKwh(fields[energy] as number),
    receivedAt: fields.receivedAt.getTime(),
  };
  for (const field of measured) reading[field] = fields[field];
  return reading as unknown as Reading;
}
