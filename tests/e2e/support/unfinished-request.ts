import { once } from 'node:events';
import { connect } from 'node:net';
import { onTestFinished } from 'vitest';

/** Sends the head of a request, so that the engine has a pending request. */
export async function unfinishedRequest(url: string) {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  onTestFinished(() => void socket.destroy());
  const received = new Promise<string>((resolve) => {
    let text = '';
    socket.setEncoding('utf8').on('data', (more) => {
      text += more;
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(text));
  });
  const body = '{"meterId":"M-1","kwhConsumedAc":1,"voltage":230,"timestamp":"2026-01-01T00:00:00Z"}';
  const head = [
    'POST /v1/ingest HTTP/1.1',
    'Host: localhost',
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
    'Expect: 100-continue',
  ];
  socket.write(`${head.join('\r\n')}\r\n\r\n`);
  await once(socket, 'data'); // 100 Continue: the engine has read the head and waits for the body
  return {
    /** Sends the body and `following`; resolves with everything received until the engine closed the connection. */
    finish: (following = ''): Promise<string> => {
      socket.write(body + following);
      return received;
    },
  };
}
