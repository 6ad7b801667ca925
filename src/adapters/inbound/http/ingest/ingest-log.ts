import type { IngestReport } from '#application/ingest-readings';
import type { Logger } from '#application/ports/logger';
import { SECOND } from '#domain/time/time';

/** At most one summary per interval, so that the log does not grow with the load. */
const INTERVAL = 10 * SECOND;
/** Rejected readings logged individually per interval; the others are only counted. */
const MAX_SAMPLES = 5;

/** Where a request came from, for the log. */
export interface Origin {
  readonly requestId: string;
  /** The address of the client, or of the last proxy; `undefined` for a request without a socket. */
  readonly client: string | undefined;
}

type Counts = Record<string, number>;

/**
 * Logs what ingestion did: counts, and a few of the faults. The first request after a summary starts the next interval,
 * so an idle service logs nothing. The timer does not keep the process alive.
 */
export class IngestLog {
  readonly #logger: Logger;
  #timer: NodeJS.Timeout | undefined;
  #samplesLeft = MAX_SAMPLES;
  #requests = 0;
  #counts = noCounts();
  #rejectedByCode: Counts = {};
  #refusedByCode: Counts = {};

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Counts a request whose readings have outcomes. `origin` is called only if one was rejected. */
  judged(report: IngestReport, origin: () => Origin): void {
    this.#begin();
    this.#counts.readings += report.received;
    this.#counts.stored += report.stored;
    this.#counts.duplicates += report.duplicates;
    this.#counts.conflicts += report.conflicts;
    this.#counts.rejected += report.rejected;
    if (report.rejected > 0) this.#rejections(report, origin());
  }

  /** Counts a request that was refused as a whole. */
  refused(code: string): void {
    this.#begin();
    count(this.#refusedByCode, code);
  }

  /** Logs the pending summary, if any. Must be called on shutdown. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#requests === 0) return;
    this.#logger.info('ingest summary', {
      requests: this.#requests,
      ...this.#counts,
      ...(this.#counts.rejected > 0 && { rejectedByCode: this.#rejectedByCode }),
      ...(Object.keys(this.#refusedByCode).length > 0 && { refusedRequests: this.#refusedByCode }),
    });
    this.#samplesLeft = MAX_SAMPLES;
    this.#requests = 0;
    this.#counts = noCounts();
    this.#rejectedByCode = {};
    this.#refusedByCode = {};
  }

  #begin(): void {
    this.#requests++;
    this.#timer ??= setTimeout(() => this.flush(), INTERVAL).unref();
  }

  #rejections({ outcomes }: IngestReport, origin: Origin): void {
    for (const [index, outcome] of outcomes.entries()) {
      if (outcome.status === 'withheld') count(this.#rejectedByCode, 'withheld');
      if (outcome.status !== 'rejected') continue;
      count(this.#rejectedByCode, outcome.faults[0]?.code ?? 'unknown');
      if (this.#samplesLeft > 0) {
        this.#samplesLeft--;
        const { faults, deviceId } = outcome;
        this.#logger.info('reading rejected', { ...origin, index, deviceId, faults });
      }
    }
  }
}

function noCounts() {
  return { readings: 0, stored: 0, duplicates: 0, conflicts: 0, rejected: 0 };
}

function count(counts: Counts, code: string): void {
  counts[code] = (counts[code] ?? 0) + 1;
}
