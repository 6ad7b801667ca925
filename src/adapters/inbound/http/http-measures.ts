import { Histogram, SECONDS_BOUNDS } from '#application/measure/histogram';
import { problemKinds } from './wire/problem.ts';

/** Other methods are counted together. */
const METHODS: ReadonlySet<string> = new Set(['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT']);

/** The durations of the requests to one route with one status. */
export interface RequestDurations {
  readonly method: string;
  /** The pattern of the route, such as `/v1/links/:id`; `unmatched` for a path without one. */
  readonly route: string;
  readonly status: number;
  /** In seconds, from the headers to the moment when the answer is ready to be sent. */
  readonly seconds: Histogram;
}

/** Counts what the HTTP interface answered, since the start of the process. */
export class HttpMeasures {
  readonly #durations = new Map<string, RequestDurations>();
  /** Mostly the next request is like this one. */
  #last: RequestDurations | undefined;
  /** Every code is there from the start: Prometheus sees an increase only from a value that it has seen before. */
  readonly #refused = new Map<string, number>(problemKinds.map((code) => [code, 0]));

  /** `route` is the pattern of a route of the app: clients must not be able to add to what is kept. */
  answered(request: { readonly method: string }, route: string, status: number, seconds: number): void {
    const method = METHODS.has(request.method) ? request.method : 'other';
    const last = this.#last;
    if (last === undefined || last.status !== status || last.route !== route || last.method !== method) {
      this.#last = this.#of(method, route, status);
    }
    this.#last?.seconds.observe(seconds);
  }

  /** Counts a request that was answered with a problem, by its code. */
  refused(code: string): void {
    this.#refused.set(code, (this.#refused.get(code) ?? 0) + 1);
  }

  durations(): RequestDurations[] {
    return [...this.#durations.values()];
  }

  /** How many requests were answered with a problem, by its code. */
  refusals(): ReadonlyMap<string, number> {
    return this.#refused;
  }

  #of(method: string, route: string, status: number): RequestDurations {
    const name = `${status} ${method} ${route}`;
    let durations = this.#durations.get(name);
    if (durations === undefined) {
      durations = { method, route, status, seconds: new Histogram(SECONDS_BOUNDS) };
      this.#durations.set(name, durations);
    }
    return durations;
  }
}
