import { averagedFields, type Kind, measuredFields } from '#domain/streams/streams';

/** The names of one stream's tables and columns. */
export interface StreamTables {
  readonly kind: Kind;
  readonly devices: string;
  /** The newest timestamp of each device. */
  readonly live: string;
  /** The newest reading of each device whose newest reading has been dropped from the history. */
  readonly last: string;
  readonly history: string;
  /** Hourly sums of each device. */
  readonly hours: string;
  /** Measured fields in the order in which the file has their values; fields and columns have the same names. */
  readonly measured: readonly string[];
  readonly averaged: readonly string[];
  /** The columns of a reading besides its key, in the order used by commits and by rows of history. */
  readonly values: readonly string[];
}

/** The indices in `values` that are the same for all streams; the measured fields follow. */
export const ENERGY = 0;
export const RECEIVED_AT = 1;
const COMMON_VALUES = ['energy', 'receivedAt'];

/**
 * Every stream has the same tables, named after it. A new file has the measured fields in the order of the definition;
 * `storedTables` has them as an existing one does.
 */
export function tablesOf(kind: Kind, measured = measuredFields(kind)): StreamTables {
  return {
    kind,
    devices: `${kind}_devices`,
    live: `${kind}_live`,
    last: `${kind}_last`,
    history: `${kind}_history`,
    hours: `${kind}_hours`,
    measured,
    averaged: averagedFields(kind),
    values: [...COMMON_VALUES, ...measured],
  };
}

/** SQL that finds the id of a device by its number. */
export function deviceIdSql({ devices }: StreamTables): string {
  return `SELECT id FROM ${devices} WHERE number = ?`;
}

/** SQL that finds the number of a device by its id. */
export function deviceNumberSql({ devices }: StreamTables): string {
  return `SELECT number FROM ${devices} WHERE id = ?`;
}
