import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createMemoryStore } from '#adapters/outbound/memory/memory-store';
import type { EngineStore } from '#application/ports/engine-store';
import { readEnvironment } from '#infrastructure/environment';
import { createKey, type KeyOptions } from '#infrastructure/keys/create-key';
import { addKey } from '#infrastructure/keys/key-file';
import { startService } from '#infrastructure/service';
import { noLog } from '#tests/support/no-log';
import { temporaryDirectory } from '#tests/support/temporary-directory';
import { rawConnection, responsesIn } from './raw-connection.ts';

/** A service with one key, as it is over sockets. */
async function serviceWithKey(options: Partial<KeyOptions> = {}, store: EngineStore = createMemoryStore()) {
  const file = join(temporaryDirectory(), 'keys.json');
  const { key, text } = createKey({ name: 'one', scopes: ['ingest'], ...options }, Date.now());
  addKey(file, key);
  const config = { ...readEnvironment({ EIE_API_KEYS_FILE: file }), port: 0 };
  const service = await startService(config, { logger: noLog, background: false, store });
  onTestFinished(() => service.close());
  return { service, text };
}

function postOf(body: string, key: string): string {
  const head = `Host: localhost\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/json`;
  return `POST /v1/ingest HTTP/1.1\r\n${head}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

const reading = (meterId: string) =>
  JSON.stringify({ meterId, kwhConsumedAc: 0.1, voltage: 230, timestamp: Date.now() });

describe('a request without a valid key', () => {
  it('is answered also if its client first sends a large body, and the connection serves on', async () => {
    const { service, text } = await serviceWithKey();
    const client = rawConnection(service);

    client.socket.write(postOf(' '.repeat(6 * 1024 * 1024), 'none') + postOf(reading('M-1'), text));

    const statuses = () => responsesIn(client.received()).map(({ status }) => status);
    await expect.poll(statuses).toEqual([401, 201]);
  });
});

describe('a key with a limit of concurrent requests', () => {
  it('is free again when a client leaves before its answer', async () => {
    const store = createMemoryStore();
    const held = Promise.withResolvers<void>();
    let committing = 0;
    const writer: EngineStore['writer'] = {
      commit: async (readings, options) => {
        committing++;
        await held.promise;
        return store.writer.commit(readings, options);
      },
    };
    const { service, text } = await serviceWithKey({ limits: { concurrentRequests: 1 } }, { ...store, writer });
    const gone = rawConnection(service);
    gone.socket.write(postOf(reading('M-1'), text));
    await expect.poll(() => committing).toBe(1);
    const status = async () => {
      const { socket, received } = rawConnection(service);
      socket.write(postOf('not read', text));
      await expect.poll(received).not.toBe('');
      return responsesIn(received())[0]?.status;
    };
    expect(await status()).toBe(429);

    gone.socket.destroy();

    await expect.poll(status).toBe(400);
    held.resolve();
  });
});
