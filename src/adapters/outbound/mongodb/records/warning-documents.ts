import type { Db, IndexDescription } from 'mongodb';
import type { LossWarning, WarningWatch } from '#domain/loss-warning';
import { marksCollection } from '../server/marks.ts';

/** A loss warning in its current state, and the fields it is queried by. */
interface WarningDocument {
  readonly _id: string;
  readonly state: LossWarning['state'];
  readonly openedAt: Date;
  readonly warning: LossWarning;
}

/** What the next evaluation of a vehicle needs to know. */
interface WatchDocument {
  /** The vehicle's id. */
  readonly _id: string;
  readonly evaluatedTo: Date;
  readonly below: number;
  readonly open: LossWarning | null;
}

export type WarningCollections = ReturnType<typeof warningCollections>;

export function warningCollections(db: Db) {
  return {
    warnings: db.collection<WarningDocument>('loss_warnings'),
    watches: db.collection<WatchDocument>('warning_watches'),
    marks: marksCollection(db),
  };
}

export const WARNING_INDEXES: IndexDescription[] = [
  { key: { openedAt: -1, _id: -1 } },
  { key: { state: 1, openedAt: -1, _id: -1 } },
];

export function toWarningDocument(warning: LossWarning): WarningDocument {
  return { _id: warning.id, state: warning.state, openedAt: new Date(warning.openedAt), warning };
}

export function toWatchDocument({ vehicleId, evaluatedTo, below, open }: WarningWatch): WatchDocument {
  return { _id: vehicleId, evaluatedTo: new Date(evaluatedTo), below, open };
}

export function fromWatchDocument({ _id, evaluatedTo, below, open }: WatchDocument): WarningWatch {
  return { vehicleId: _id, evaluatedTo: evaluatedTo.getTime(), below, open };
}
