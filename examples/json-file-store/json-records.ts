import {
  createMemoryRecords,
  type LinkRepository,
  type RecordStore,
  type WarningRepository,
} from 'energy-ingestion-engine';
import { Journal } from './journal.ts';

/** A call that changes records. */
type Change =
  | { readonly add: Parameters<LinkRepository['add']> }
  | { readonly end: Parameters<LinkRepository['end']> }
  | { readonly remove: Parameters<LinkRepository['remove']> }
  | { readonly keep: Parameters<WarningRepository['keep']> }
  | { readonly evaluated: Parameters<WarningRepository['evaluated']> };

/** The shipped records in memory, and a journal of the calls that changed them: the same calls give the same records. */
export async function openJsonRecords(file: string): Promise<RecordStore> {
  const { links, warnings, health } = createMemoryRecords();
  const journal = await Journal.open<Change>(file, (change) => {
    if ('add' in change) return links.add(...change.add);
    if ('end' in change) return links.end(...change.end);
    if ('remove' in change) return links.remove(...change.remove);
    if ('keep' in change) return warnings.keep(...change.keep);
    return warnings.evaluated(...change.evaluated);
  });
  const journaled = <T>(change: Change, make: () => Promise<T>): Promise<T> =>
    journal.inTurn(async () => {
      await journal.append(change);
      return make();
    });
  return {
    links: {
      add: (...add) => journaled({ add }, () => links.add(...add)),
      end: (...end) => journaled({ end }, () => links.end(...end)),
      remove: (...remove) => journaled({ remove }, () => links.remove(...remove)),
      find: (id) => links.find(id),
      list: (query) => links.list(query),
      during: (window, vehicleId) => links.during(window, vehicleId),
    },
    warnings: {
      keep: (...keep) => journaled({ keep }, () => warnings.keep(...keep)),
      evaluated: (...evaluated) => journaled({ evaluated }, () => warnings.evaluated(...evaluated)),
      watches: (vehicleIds) => warnings.watches(vehicleIds),
      list: (query) => warnings.list(query),
      lastEvaluation: () => warnings.lastEvaluation(),
    },
    name: 'json',
    health,
    close: () => journal.close(),
  };
}
