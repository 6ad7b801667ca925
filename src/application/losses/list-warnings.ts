import type { LossWarning } from '#domain/loss-warning';
import type { WarningQuery, WarningRepository } from '../ports/warning-repository.ts';

export interface WarningPage {
  readonly warnings: readonly LossWarning[];
  /** The place to continue after, or `null` on the last page. */
  readonly next: NonNullable<WarningQuery['after']> | null;
}

/** Tells loss warnings, open and past, newest first. */
export class ListWarnings {
  readonly #warnings: WarningRepository;

  constructor(warnings: WarningRepository) {
    this.#warnings = warnings;
  }

  async list(query: WarningQuery): Promise<WarningPage> {
    const found = await this.#warnings.list({ ...query, limit: query.limit + 1 });
    const warnings = found.slice(0, query.limit);
    const last = found.length > warnings.length ? warnings.at(-1) : undefined;
    return { warnings, next: last === undefined ? null : { openedAt: last.openedAt, id: last.id } };
  }
}
