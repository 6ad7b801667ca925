import type { LossWarning } from '#domain/loss-warning';
import { pageOf } from '../page.ts';
import type { WarningQuery, WarningRepository } from '../ports/warning-repository.ts';

export interface WarningPage {
  /** Newest first. */
  readonly warnings: readonly LossWarning[];
  /** The position to continue after, or `null` on the last page. */
  readonly next: NonNullable<WarningQuery['after']> | null;
}

const COUNTED_PER_PAGE = 1_000;

/** How many warnings are open. Rejects like the repository. */
export async function countOpenWarnings(warnings: WarningRepository): Promise<number> {
  let count = 0;
  let after: WarningQuery['after'];
  do {
    const page = await warnings.list({ state: 'open', limit: COUNTED_PER_PAGE, ...(after && { after }) });
    count += page.length;
    after = page.length < COUNTED_PER_PAGE ? undefined : page.at(-1);
  } while (after !== undefined);
  return count;
}

/** Lists loss warnings, open and cleared, newest first. Rejects like the repository. */
export class ListWarnings {
  readonly #warnings: WarningRepository;

  constructor(warnings: WarningRepository) {
    this.#warnings = warnings;
  }

  async list(query: WarningQuery): Promise<WarningPage> {
    const found = await this.#warnings.list({ ...query, limit: query.limit + 1 });
    const { items, next } = pageOf(found, query.limit, ({ openedAt, id }) => ({ openedAt, id }));
    return { warnings: items, next };
  }
}
