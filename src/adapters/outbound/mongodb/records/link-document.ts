import type { Db, IndexDescription } from 'mongodb';
import type { MeterLink } from '#domain/meter-link';

/** A meter feeds a vehicle during `[from, to)`; `to` is null as long as it has not ended. */
export interface LinkDocument {
  readonly _id: string;
  readonly meterId: string;
  readonly vehicleId: string;
  readonly from: Date;
  readonly to: Date | null;
}

/** Updated by every transaction that may add to a meter's links, so that two of them conflict. */
interface MeterGuard {
  /** The meter's id. */
  readonly _id: string;
  readonly touched: number;
}

export type LinkCollections = ReturnType<typeof linkCollections>;

export function linkCollections(db: Db) {
  return {
    links: db.collection<LinkDocument>('meter_links'),
    meterGuards: db.collection<MeterGuard>('meter_guards'),
  };
}

export const LINK_INDEXES: IndexDescription[] = [
  { key: { meterId: 1, from: 1 } },
  { key: { vehicleId: 1, from: 1, meterId: 1 } },
  { key: { vehicleId: 1, to: 1 } },
];

export function toLinkDocument({ id, meterId, vehicleId, from, to }: MeterLink): LinkDocument {
  return { _id: id, meterId, vehicleId, from: new Date(from), to: to === null ? null : new Date(to) };
}

export function fromLinkDocument({ _id, meterId, vehicleId, from, to }: LinkDocument): MeterLink {
  return { id: _id, meterId, vehicleId, from: from.getTime(), to: to === null ? null : to.getTime() };
}
