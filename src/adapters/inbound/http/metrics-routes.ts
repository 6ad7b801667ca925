import type { Hono } from 'hono';
import { refuseQuery } from './wire/query-parameters.ts';
import { REQUEST_ID, requestId } from './wire/request-id.ts';

/** Metrics in the text format of Prometheus. */
export interface MetricsText {
  readonly contentType: string;
  readonly text: string;
}

export interface MetricsRouteDependencies {
  /** All metrics of the service, those of its other processes included. */
  readonly metrics: () => Promise<MetricsText>;
}

/** `GET /metrics`, for Prometheus. */
export function metricsRoutes(app: Hono, { metrics }: MetricsRouteDependencies): void {
  app.get('/metrics', async (c) => {
    refuseQuery(c);
    const { text, contentType } = await metrics();
    return new Response(text, { headers: { 'Content-Type': contentType, [REQUEST_ID]: requestId(c) } });
  });
}
