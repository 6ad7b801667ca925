import type { IngestReport } from '#application/ingest-readings';
import type { Logger } from '#application/ports/logger';
import { SECOND } from '#domain/time/time';
import { type Caller, callerForLog } from '../wire/client/caller.ts';

/** At most one summary per interval, so that the log does not grow with the load. */
const INTERVAL = 10 * SECOND;
/** Rejected readings logged individually per interval, and refused requests; the others are only counted. */
const MAX_SAMPLES = 5;

/** What `createApp` logs with the error itself. */
const LOGGED_AS_ERRORS: ReadonlySet<string> = new Set(['internal-error', 'store-unavailable']);

type Counts = Record<string, number>;

/**
 * Logs what ingestion did: counts, and a few of the faults. The first request after a summary starts the next interval,
 * so an idle service logs nothing. The timer does not keep the process alive.
 */
export class IngestLog {
  readonly #logger: Logger;
  #timer: NodeJS.Timeout | undefined;
  readonly #logsRequests: boolean;
  #samplesLeft = MAX_SAMPLES;
  #refusalsLeft = MAX_SAMPLES;
  #requests = 0;
  #counts = noCounts();
  #readingsByKey: Counts = {};
  #rejectedByCode: Counts = {};
  #refusedByCode: Counts = {};

  /** `logsRequests`: every request is also logged, at `debug`. */
  constructor(logger: Logger, { logsRequests = false }: { readonly logsRequests?: boolean } = {}) {
    this.#logger = logger;
    this.#logsRequests = logsRequests;
  }

  /** Counts a request whose readings have outcomes. `requestId` is called only if it is logged. */
  judged(report: IngestReport, caller: Caller, requestId: () => string): void {
    this.#begin();
    if (caller.key !== undefined) count(this.#readingsByKey, caller.key.name, report.received);
    if (this.#logsRequests) {
      const { outcomes, ...counts } = report;
      this.#logger.debug('request', { requestId: requestId(), ...callerForLog(caller), ...counts });
    }
    this.#counts.readings += report.received;
    this.#counts.stored += report.stored;
    this.#counts.duplicates += report.duplicates;
    this.#counts.conflicts += report.conflicts;
    this.#counts.rejected += report.rejected;
    if (report.rejected > 0) this.#rejections(report, { requestId: requestId(), ...callerForLog(caller) });
  }

  /** Counts a request that was refused as a whole. */
  refused(code: string, caller: Caller, requestId: () => string): void {
    this.#begin();
    count(this.#refusedByCode, code);
    if (this.#refusalsLeft === 0 || LOGGED_AS_ERRORS.has(code)) return;
    this.#refusalsLeft--;
    this.#logger.info('request refused', { requestId: requestId(), code, ...callerForLog(caller) });
  }

  /** Logs the pending summary, if any. Must be called on shutdown. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#requests === 0) return;
    this.#logger.info('ingest summary', {
      requests: this.#requests,
      ...this.#counts,
      ...(Object.keys(this.#readingsByKey).length > 0 && { readingsByKey: this.#readingsByKey }),
      ...(this.#counts.rejected > 0 && { rejectedByCode: this.#rejectedByCode }),
      ...(Object.keys(this.#refusedByCode).length > 0 && { refusedRequests: this.#refusedByCode }),
    });
    this.#samplesLeft = MAX_SAMPLES;
    this.#refusalsLeft = MAX_SAMPLES;
    this.#requests = 0;
    this.#counts = noCounts();
    this.#readingsByKey = {};
    this.#rejectedByCode = {};
    this.#refusedByCode = {};
  }

  #begin(): void {
    this.#requests++;
    this.#timer ??= setTimeout(() => this.flush(), INTERVAL).unref();
  }

  #rejections({ outcomes }: IngestReport, origin: Readonly<Record<string, unknown>>): void {
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

function count(counts: Counts, name: string, more = 1): void {
  counts[name] = (counts[name] ?? 0) + more;
}
