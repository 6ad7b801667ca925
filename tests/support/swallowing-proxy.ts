import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export interface SwallowingProxy {
  readonly port: number;
  /**
   * The answers to the next `count` messages that contain `word` never arrive, nor do any others on their connections.
   */
  swallow(word: string, count: number): void;
  /** Messages whose answers were swallowed so far. */
  swallowed(): number;
}

/** A proxy on a loopback port in front of a server, closed after the running test. It passes on every message. */
export async function startSwallowingProxy(host: string, port: number): Promise<SwallowingProxy> {
  const sockets = new Set<Socket>();
  let [awaited, remaining, swallowed] = ['', 0, 0];
  const server = createServer((client) => {
    const upstream = connect({ host, port });
    let isMute = false;
    client.on('data', (message) => {
      if (!isMute && remaining > 0 && message.includes(awaited)) {
        isMute = true;
        remaining--;
        swallowed++;
      }
      upstream.write(message);
    });
    upstream.on('data', (answer) => {
      if (!isMute) client.write(answer);
    });
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return {
    port: (server.address() as AddressInfo).port,
    swallow: (word, count) => {
      awaited = word;
      remaining = count;
    },
    swallowed: () => swallowed,
  };
}
