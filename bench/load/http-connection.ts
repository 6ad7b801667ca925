import { connect, type Socket } from 'node:net';

/** The status of a request whose connection failed before the answer was complete. */
export const NO_ANSWER = 0;

export interface Reply {
  readonly status: number;
  /** Empty unless the caller asked for text. */
  readonly body: string;
  /** The status line and headers in lower case; empty unless the caller asked for text. */
  readonly head: string;
}

const READ_BUFFER_BYTES = 64 * 1024;
const HEAD_END = '\r\n\r\n';
const LAST_CHUNK = '0\r\n\r\n';
const NOTHING: Buffer = Buffer.alloc(0);
const FAILED: Reply = { status: NO_ANSWER, body: '', head: '' };

/** Shared by all connections: each read is processed before the next one. */
const readBuffer = Buffer.allocUnsafe(READ_BUFFER_BYTES);

/**
 * One keep-alive HTTP/1.1 connection over a plain socket, one request at a time. It supports only the HTTP that the
 * candidates use, at a fraction of the cost of a general client. Reconnects by itself.
 */
export class HttpConnection {
  readonly #port: number;
  #socket: Socket | undefined;
  #received: Buffer = NOTHING;
  #settle: ((reply: Reply) => void) | undefined;
  #wantsText = false;

  constructor(port: number) {
    this.#port = port;
  }

  /** Never rejects: a failed connection yields `NO_ANSWER`. */
  request(bytes: Buffer, wantsText = false): Promise<Reply> {
    const socket = this.#socket ?? this.#connect();
    this.#wantsText = wantsText;
    return new Promise((resolve) => {
      this.#settle = resolve;
      socket.write(bytes);
    });
  }

  /** A pending request ends as `NO_ANSWER`. */
  close(): void {
    this.#socket?.destroy();
    this.#lost();
  }

  #connect(): Socket {
    const socket = connect({
      port: this.#port,
      host: '127.0.0.1',
      noDelay: true,
      onread: {
        buffer: readBuffer,
        callback: (length) => {
          if (this.#socket === socket) this.#read(readBuffer.subarray(0, length));
          return true;
        },
      },
    });
    const lost = () => {
      if (this.#socket === socket) this.#lost();
    };
    socket.on('error', lost).on('close', lost).on('end', lost);
    this.#socket = socket;
    return socket;
  }

  #lost(): void {
    this.#socket = undefined;
    this.#received = NOTHING;
    this.#answer(FAILED);
  }

  #answer(reply: Reply): void {
    const settle = this.#settle;
    this.#settle = undefined;
    settle?.(reply);
  }

  #read(chunk: Buffer): void {
    const all = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    const headLength = all.indexOf(HEAD_END);
    const head = headLength < 0 ? '' : all.toString('latin1', 0, headLength).toLowerCase();
    if (headLength < 0 || !isComplete(all, headLength + HEAD_END.length, head)) {
      this.#received = all === chunk ? Buffer.from(chunk) : all;
      return;
    }
    this.#received = NOTHING;
    const status = Number(head.slice(9, 12));
    if (head.includes('connection: close')) {
      this.#socket?.destroy();
      this.#socket = undefined;
    }
    this.#answer(
      this.#wantsText
        ? { status, body: bodyOf(all.subarray(headLength + HEAD_END.length), head), head }
        : { status, body: '', head: '' },
    );
  }
}

function isComplete(all: Buffer, bodyAt: number, head: string): boolean {
  const at = head.indexOf('content-length: ');
  if (at >= 0) return all.length - bodyAt >= Number.parseInt(head.slice(at + 16, at + 32), 10);
  if (isChunked(head)) return all.length - bodyAt >= 5 && all.toString('latin1', all.length - 5) === LAST_CHUNK;
  return true; // 204 and the like
}

function isChunked(head: string): boolean {
  return head.includes('transfer-encoding: chunked');
}

function bodyOf(bytes: Buffer, head: string): string {
  if (!isChunked(head)) return bytes.toString();
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const lineEnd = bytes.indexOf('\r\n', at);
    const length = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16);
    parts.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + length));
    at = lineEnd + 2 + length + 2;
  }
  return Buffer.concat(parts).toString();
}
