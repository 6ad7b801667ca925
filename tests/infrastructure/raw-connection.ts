import { connect, type Socket } from 'node:net';
import { expect, onTestFinished } from 'vitest';

export interface RawConnection {
  readonly socket: Socket;
  /** Everything received so far. */
  readonly received: () => string;
  /** Everything received, once the connection is closed. */
  readonly closed: Promise<string>;
}

/** A connection to the server, which sends and receives plain text. It never ends its own side by itself. */
export function rawConnection({ url }: { readonly url: string }): RawConnection {
  const { hostname, port } = new URL(url);
  const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true });
  onTestFinished(() => void socket.destroy());
  let text = '';
  socket.setEncoding('utf8').on('data', (more) => {
    text += more;
  });
  socket.on('error', () => {});
  socket.on('end', () => socket.end());
  const closed = new Promise<string>((resolve) => void socket.on('close', () => resolve(text)));
  return { socket, received: () => text, closed };
}

/** What the server sends until it closes the connection. */
export async function answerTo(server: { readonly url: string }, sent: string): Promise<string> {
  const { socket, closed } = rawConnection(server);
  socket.write(sent);
  return closed;
}

/** The responses in `text`, one after another, each with its declared length and nothing after the last. */
export function responsesIn(text: string): Response[] {
  const responses: Response[] = [];
  for (let rest = text; rest !== ''; ) {
    const end = rest.indexOf('\r\n\r\n');
    const [status = '', ...lines] = rest.slice(0, end).split('\r\n');
    const headers = new Headers(lines.map((line) => line.split(/: (.*)/s, 2) as [string, string]));
    const body = rest.slice(end + 4, end + 4 + Number(headers.get('content-length') ?? 0));
    const code = Number(/^HTTP\/1\.1 (\d{3}) ./.exec(status)?.[1]);
    responses.push(new Response(code === 204 ? null : body, { status: code, headers }));
    rest = rest.slice(end + 4 + body.length);
  }
  return responses;
}

/** The only response in `text`, after which the server has closed the connection. */
export function responseIn(text: string): Response {
  const [response, ...more] = responsesIn(text);
  expect(more).toEqual([]);
  expect(response?.headers.get('connection')).toBe('close');
  return response as Response;
}
