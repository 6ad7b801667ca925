/**
 * The engine's ingest route on its own HTTP server, with a writer that discards everything: the cost of the HTTP side,
 * and so the upper bound for any store behind it. Environment: PORT.
 */
import { Hono } from 'hono';
import { IngestLog } from '#adapters/inbound/http/ingest/ingest-log';
import { ingestRoutes } from '#adapters/inbound/http/ingest/ingest-routes';
import { RequestBodies } from '#adapters/inbound/http/wire/request-bodies';
import { createWinstonLogger } from '#adapters/outbound/observability/winston-logger';
import { systemClock } from '#adapters/outbound/system-clock';
import { IngestForKey } from '#application/access/ingest-for-key';
import { KeyBudgets } from '#application/access/key-budgets';
import { IngestReadings } from '#application/ingest-readings';
import { STORED } from '#domain/reading/ingest-outcome';
import { HttpServer } from '#infrastructure/http-server';

const BODY_LIMIT_BYTES = 8 * 1024 * 1024;

const ingestReadings = new IngestReadings({ commit: async (readings) => readings.map(() => STORED) });
const app = new Hono();
app.get('/health/ready', (context) => context.text('ready'));
ingestRoutes(app, {
  ingestForKey: new IngestForKey(ingestReadings, { knows: async () => true }, new KeyBudgets(systemClock)),
  acceptedTime: { maxFuture: Number.POSITIVE_INFINITY, maxAge: Number.POSITIVE_INFINITY },
  bodies: new RequestBodies(BODY_LIMIT_BYTES),
  ingestCapacity: { hasRoomFor: () => true },
  clock: systemClock,
  ingestLog: new IngestLog(createWinstonLogger('warn')),
});

const server = await HttpServer.listen(app.fetch, '127.0.0.1', Number(process.env.PORT));
process.once('SIGTERM', () => void server.close(1_000));
