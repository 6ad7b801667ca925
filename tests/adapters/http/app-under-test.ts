import type { Hono } from 'hono';
import { expect } from 'vitest';
import { type AppDependencies, createApp, createRoutes } from '#adapters/inbound/http/app';
import { HttpMeasures } from '#adapters/inbound/http/http-measures';
import { IngestLog } from '#adapters/inbound/http/ingest/ingest-log';
import { ClientAddresses } from '#adapters/inbound/http/wire/client/client-addresses';
import { createMemoryStore } from '#adapters/outbound/memory/memory-store';
import type { EngineStore } from '#application/ports/engine-store';
import type { Logger } from '#application/ports/logger';
import { createContainer, resolve, resolveUseCases } from '#infrastructure/container';
import { readEnvironment } from '#infrastructure/environment';
import { ManualClock } from '#testing/manual-clock';
import { START } from '#testing/readings';

/** A logger that keeps its lines. */
export class LogLines implements Logger {
  readonly lines: { level: string; message: string; fields: Readonly<Record<string, unknown>> }[] = [];
  error = this.#at('error');
  warn = this.#at('warn');
  info = this.#at('info');
  debug = this.#at('debug');

  #at(level: string): Logger['info'] {
    return (message, fields = {}) => this.lines.push({ level, message, fields });
  }
}

export const BODY_LIMIT = 8 * 1024 * 1024;
export const NOW = START + 30_000;

export interface AppUnderTest {
  readonly app: Hono;
  /** What the app has behind its front door. */
  readonly routes: Hono;
  readonly clock: ManualClock;
  readonly log: LogLines;
  readonly ingestLog: IngestLog;
}

/** The app as it is shipped, wired by the container, on the memory store, whose parts can be replaced by failing ones. */
export function appUnderTest(parts: Partial<EngineStore> = {}, overrides: Partial<AppDependencies> = {}): AppUnderTest {
  const store = { ...createMemoryStore(), ...parts };
  const clock = new ManualClock(NOW);
  const log = new LogLines();
  const ingestLog = new IngestLog(log);
  const config = readEnvironment({});
  const container = createContainer({ config, store, clock });
  const dependencies: AppDependencies = {
    ...resolveUseCases(container),
    health: store.health,
    isStopping: () => false,
    clock,
    logger: log,
    ingestLog,
    acceptedTime: config.acceptedTime,
    bodyLimit: config.bodyLimit,
    ingestCapacity: resolve(container, 'groupCommit'),
    keyBudgets: resolve(container, 'keyBudgets'),
    clientAddresses: new ClientAddresses(),
    httpMeasures: new HttpMeasures(),
    version: '0.0.0',
    metrics: async () => ({ contentType: 'text/plain', text: '' }),
    ...overrides,
  };
  return { app: createApp(dependencies), routes: createRoutes(dependencies), clock, log, ingestLog };
}

export interface ProblemDocument {
  type: string;
  title: string;
  status: number;
  detail: string;
  instance: string;
  errors: { pointer: string; code: string; detail: string }[];
  [member: string]: unknown;
}

/** The problem of a response. Checks that it conforms to RFC 9457 and carries the request's id. */
export async function problemOf(response: Response, status: number, ...codes: string[]): Promise<ProblemDocument> {
  const problem = (await response.json()) as ProblemDocument;
  expect({ status: response.status, codes: problem.errors?.map(({ code }) => code) }).toEqual({ status, codes });
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  expect(problem.status).toBe(status);
  expect(problem.instance).toBe(response.headers.get('x-request-id'));
  expect(problem.type).toMatch(/^urn:energy-ingestion-engine:problem:[a-z-]+$/);
  for (const { detail } of [problem, ...problem.errors]) expect(detail).not.toBe('');
  return problem;
}

/** Readings as devices send them. */
export const sentVehicle = (change: Readonly<Record<string, unknown>> = {}) => ({
  vehicleId: 'EV-7',
  kwhDeliveredDc: 0.08,
  soc: 50,
  batteryTemp: 25,
  timestamp: new Date(START).toISOString(),
  ...change,
});
export const sentMeter = (change: Readonly<Record<string, unknown>> = {}) => ({
  meterId: 'M-7',
  kwhConsumedAc: 0.1,
  voltage: 230.1,
  timestamp: new Date(START).toISOString(),
  ...change,
});

export async function post(
  app: Hono,
  body: unknown,
  { query = '', headers = {} }: { query?: string; headers?: Readonly<Record<string, string>> } = {},
): Promise<Response> {
  return app.request(`/v1/ingest${query}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
  });
}

export async function postLines(app: Hono, text: string, query = ''): Promise<Response> {
  return post(app, text, { query, headers: { 'content-type': 'application/x-ndjson' } });
}
