/**
 * The design one would start with: each request is one `insertOne` into the history and one upsert of the live
 * document, each journaled and acknowledged by the majority. No transaction, no grouping, no totals; single readings
 * only.
 * Environment: PORT, MONGODB_URI.
 */
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { type Document, MongoClient } from 'mongodb';
import { type Parsed, readReading } from './reading.ts';

interface LiveDocument extends Document {
  _id: string;
  timestamp: Date;
}

const client = await MongoClient.connect(process.env.MONGODB_URI ?? '', {
  writeConcern: { w: 'majority', j: true },
});
const db = client.db('naive');

async function store({ kind, deviceId, document }: Parsed): Promise<void> {
  const key = kind === 'meter' ? 'meterId' : 'vehicleId';
  await db.collection(`${kind}_history`).insertOne({ [key]: deviceId, ...document });
  await db
    .collection<LiveDocument>(`${kind}_live`)
    .updateOne({ _id: deviceId }, { $set: { ...document } }, { upsert: true });
}

for (const [history, key] of [
  ['meter_history', 'meterId'],
  ['vehicle_history', 'vehicleId'],
] as const) {
  await db.collection(history).createIndex({ [key]: 1, timestamp: 1 }, { unique: true });
}

const app = new Hono();
app.get('/health/ready', (context) => context.text('ready'));
app.post('/v1/ingest', async (context) => {
  const reading = readReading(await context.req.json());
  if (reading === undefined) return context.json({ status: 'rejected' }, 422);
  await store(reading);
  return context.json({ status: 'stored' }, 201);
});

const server = serve({ fetch: app.fetch, port: Number(process.env.PORT), hostname: '127.0.0.1' });
process.once('SIGTERM', () => {
  server.close();
  void client.close();
});
