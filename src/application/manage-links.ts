import type { MeterLink } from '#domain/meter-link';
import type { Fault } from '#domain/reading/fault';
import type { Rejected } from '#domain/reading/ingest-outcome';
import type { EpochMillis } from '#domain/time/time';
import { pageOf } from './page.ts';
import type { LinkOutcome, LinkQuery, LinkRepository } from './ports/link-repository.ts';

/** What an inbound adapter received: a valid link, or what is wrong with it, with a code of its own if need be. */
export type ReceivedLink = MeterLink | Rejected<string>;
export type LinkImportOutcome = LinkOutcome | Rejected<string>;

/** The result of an import. Every link counts once: `received = stored + duplicates + conflicts + rejected`. */
export interface LinkReport {
  readonly received: number;
  readonly stored: number;
  readonly duplicates: number;
  /** Links that overlap another link of their meter. */
  readonly conflicts: number;
  readonly rejected: number;
  /** One per link, in the order received. */
  readonly outcomes: readonly LinkImportOutcome[];
}

export interface LinkPage {
  readonly links: readonly MeterLink[];
  /** The id to continue after, or `null` on the last page. */
  readonly next: string | null;
}

export type EndOutcome =
  | { readonly status: 'ended'; readonly link: MeterLink }
  | Extract<LinkOutcome, { status: 'overlap' }>
  | Rejected;

/** Records which meter feeds which vehicle, and when. Rejects with `StoreUnavailableError` like the repository. */
export class ManageLinks {
  readonly #links: LinkRepository;

  constructor(links: LinkRepository) {
    this.#links = links;
  }

  /** Stores every valid link that overlaps no other of its meter. Adding the same links again is safe. */
  async add(received: readonly ReceivedLink[]): Promise<LinkReport> {
    const valid = received.filter(isLink);
    const added = valid.length === 0 ? [] : await this.#links.add(valid);
    let next = 0;
    return report(received.map((item) => (isLink(item) ? (added[next++] as LinkOutcome) : item)));
  }

  /** In the order of their ids. */
  async list(query: LinkQuery): Promise<LinkPage> {
    const found = await this.#links.list({ ...query, limit: query.limit + 1 });
    const { items, next } = pageOf(found, query.limit, ({ id }) => id);
    return { links: items, next };
  }

  /** Returns one link; `undefined` when there is none with this id. */
  find(id: string): Promise<MeterLink | undefined> {
    return this.#links.find(id);
  }

  /**
   * Sets the end of a link; `null` removes it. `undefined` when there is no such link. Nothing changes when the end is
   * not after the beginning (`rejected`), or when another link of the meter is in the way (`overlap`).
   */
  async end(id: string, to: EpochMillis | null): Promise<EndOutcome | undefined> {
    const link = await this.#links.find(id);
    if (link === undefined) return undefined;
    if (to !== null && to <= link.from) return { status: 'rejected', faults: [EMPTY_INTERVAL] };
    const outcome = await this.#links.end(id, to);
    if (outcome === undefined || outcome.status === 'overlap') return outcome;
    return { status: 'ended', link: { ...link, to } };
  }

  /** Deletes a link. Resolves with whether it existed. */
  remove(id: string): Promise<boolean> {
    return this.#links.remove(id);
  }
}

/** The fault of a link that does not end after it begins. */
export const EMPTY_INTERVAL: Fault = { code: 'empty-interval', field: 'to', detail: 'must be after from' };

function isLink(item: ReceivedLink): item is MeterLink {
  return 'meterId' in item;
}

function report(outcomes: readonly LinkImportOutcome[]): LinkReport {
  const count = { stored: 0, duplicate: 0, overlap: 0, rejected: 0 };
  for (const { status } of outcomes) count[status]++;
  return {
    received: outcomes.length,
    stored: count.stored,
    duplicates: count.duplicate,
    conflicts: count.overlap,
    rejected: count.rejected,
    outcomes,
  };
}
