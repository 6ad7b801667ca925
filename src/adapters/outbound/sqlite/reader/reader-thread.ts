import type { ColdStore } from '#application/ports/cold-store';
import type { HotStore } from '#application/ports/hot-store';
import type { LinkRepository } from '#application/ports/link-repository';
import type { Retention } from '#application/ports/retention';
import type { StoreHealth } from '#application/ports/store-lifecycle';
import type { WarningRepository } from '#application/ports/warning-repository';
import { HOUR } from '#domain/time/time';
import { Marks } from '../format/marks.ts';
import { LinkQueries } from '../records/links.ts';
import { TimeQueries } from '../records/time.ts';
import { WarningQueries } from '../records/warnings.ts';
import type { Sync } from '../thread/remote.ts';
import { serve, threadData } from '../thread/thread-protocol.ts';
import { ColdQueries } from './cold-queries.ts';
import { LiveQueries } from './live-queries.ts';
import { openReader } from './reader-connection.ts';
import { RollupQueries } from './rollup-queries.ts';

export interface ReaderThreadData {
  readonly databaseFile: string;
}

/** What a reader thread serves: the reading side of the ports. */
export interface ReaderObjects {
  readonly hot: Sync<HotStore>;
  readonly cold: Sync<ColdStore>;
  readonly rollups: RollupQueries;
  readonly retention: Sync<Pick<Retention, 'horizon'>>;
  readonly time: TimeQueries;
  readonly links: Sync<Pick<LinkRepository, 'find' | 'list' | 'during'>>;
  readonly warnings: Sync<Pick<WarningRepository, 'watches' | 'list' | 'lastEvaluation'>>;
  readonly health: Sync<StoreHealth>;
}

const { database, check } = openReader(threadData<ReaderThreadData>().databaseFile);
const cold = new ColdQueries(database);
const marks = new Marks(database);

serve<ReaderObjects>(
  {
    hot: new LiveQueries(database),
    cold,
    rollups: new RollupQueries(database),
    retention: { horizon: () => marks.get('horizon') },
    time: new TimeQueries(database, marks),
    links: new LinkQueries(database),
    warnings: new WarningQueries(database),
    health: {
      check: () => {
        check();
        cold.fleetTotals({ from: 0, to: HOUR }); // throws when the file cannot be read
      },
    },
  },
  () => database.close(),
);
