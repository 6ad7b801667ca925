import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { HttpReader } from '../support/http.ts';
import { NO_ANSWER } from './http-connection.ts';

/** Before an attacker whose connection was refused or closed tries again, so that it does not only measure `connect`. */
const RECONNECT_AFTER_MS = 50;

/*
 * Clients that follow HTTP and mean harm. Each runs until its process ends, and connects again when it is disconnected.
 */

/** Opens a connection again and again: `begin` sends what the attacker sends, nothing of the answer is read if `deaf`. */
function connection(port: number, begin: (socket: Socket) => void, deaf = false): void {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('connect', () => begin(socket)).on('error', () => {});
  socket.on('close', () => setTimeout(() => connection(port, begin, deaf), RECONNECT_AFTER_MS));
  if (deaf) socket.pause();
  else socket.resume();
}

function head(method: string, path: string, headers: Readonly<Record<string, string | number>> = {}): string {
  const lines = Object.entries({ Host: '127.0.0.1', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

const STALLED_BODY_BYTES = 64 * 1024;

/** Announces a body and sends none of it. */
export function stalledSender(port: number): void {
  const request = head('POST', '/v1/ingest', {
    'Content-Type': 'application/json',
    'Content-Length': STALLED_BODY_BYTES,
  });
  connection(port, (socket) => socket.write(request));
}

/** Sends a body but for its last byte. */
export function almostCompleteSender(port: number, path: string, bytes: number): void {
  const request = head('POST', path, { 'Content-Type': 'application/json', 'Content-Length': bytes });
  const body = Buffer.alloc(bytes - 1, ' ');
  connection(port, (socket) => {
    socket.write(request);
    socket.write(body);
  });
}

/** Sends a complete request again and again on one connection, each after some bytes of the answer to the last. */
function repeatedRequest(port: number, request: Buffer): void {
  connection(port, (socket) => {
    socket.on('data', () => socket.write(request));
    socket.write(request);
  });
}

/** Posts a body again and again. */
export function poster(port: number, path: string, contentType: string, body: Buffer, encoding?: 'gzip'): void {
  const headers = {
    'Content-Type': contentType,
    'Content-Length': body.length,
    ...(encoding && { 'Content-Encoding': encoding }),
  };
  repeatedRequest(port, Buffer.concat([Buffer.from(head('POST', path, headers)), body]));
}

/** Asks for one path as fast as it is answered. */
export async function reader(port: number, path: string): Promise<void> {
  const connection = new HttpReader(port);
  for (;;) {
    const { status } = await connection.get(path);
    if (status === NO_ANSWER) await sleep(RECONNECT_AFTER_MS);
  }
}

/** Sends many requests at once on one connection and reads none of the answers. */
export function deafReader(port: number, path: string, requests: number): void {
  const request = head('GET', path).repeat(requests);
  connection(port, (socket) => socket.write(request), true);
}

const BODY_LIMIT = 8 * 1024 * 1024;

/** Bodies that cost little to send and much to parse. */
export const HOSTILE_BODIES = {
  nested: gzipSync(Buffer.alloc(BODY_LIMIT, '[')),
  manyMembers: Buffer.from(`{${Array.from({ length: 550_000 }, (_, i) => `"k${i}":0`).join(',')}}`),
  emptyLines: gzipSync(Buffer.alloc(BODY_LIMIT, '\n')),
  quotes: Buffer.alloc(BODY_LIMIT, '"'),
  invalidReadings: Buffer.from(`[${Array(5_000).fill('{"meterId":"!","timestamp":"x"}').join(',')}]`),
} as const;
