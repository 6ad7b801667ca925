import { averagedFields, type Kind, kinds, measuredFields } from '#domain/streams/streams';

/** The names of one stream's tables and of the columns that hold its measured fields. */
export interface StreamTables {
  readonly kind: Kind;
  readonly devices: string;
  /** The newest timestamp of each device. */
  readonly live: string;
  /** The newest readings of those devices whose history has been dropped. */
  readonly last: string;
  readonly history: string;
  /** Sums of each device by the hour. */
  readonly hours: string;
  /** Measured fields in the order of their definition; fields and columns have the same names. */
  readonly measured: readonly string[];
  readonly averaged: readonly string[];
  /** The columns of a reading beside its key, in the order in which commits carry them. */
  readonly values: readonly string[];
}

/** The places of what all streams have in `values`; the measured fields follow. */
export const ENERGY = 0;
export const RECEIVED_AT = 1;

/** Every stream has the same tables, named after it. The order gives each stream its number in a commit. */
export const streamTables: readonly StreamTables[] = kinds.map((kind) => ({
  kind,
  devices: `${kind}_devices`,
  live: `${kind}_live`,
  last: `${kind}_last`,
  history: `${kind}_history`,
  hours: `${kind}_hours`,
  measured: measuredFields(kind),
  averaged: averagedFields(kind),
  values: ['energy', 'receivedAt', ...measuredFields(kind)],
}));

/** The tables of one stream. */
export function tablesOf(kind: Kind): StreamTables {
  return streamTables.find((tables) => tables.kind === kind) as StreamTables;
}

/** Finds the id of a device by its number. */
export function deviceIdSql({ devices }: StreamTables): string {
  return `SELECT id FROM ${devices} WHERE number = ?`;
}

/** Finds the number of a device by its id. */
export function deviceNumberSql({ devices }: StreamTables): string {
  return `SELECT number FROM ${devices} WHERE id = ?`;
}
