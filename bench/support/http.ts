import { HttpConnection, type Reply } from '../load/http-connection.ts';

/** GET requests over one connection, cheap enough for measurements. */
export class HttpReader {
  readonly #connection: HttpConnection;

  constructor(port: number) {
    this.#connection = new HttpConnection(port);
  }

  get(path: string): Promise<Reply> {
    const request = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n\r\n`;
    return this.#connection.request(Buffer.from(request, 'latin1'), true);
  }

  close(): void {
    this.#connection.close();
  }
}

/** The JSON body of one GET, with a key if one is needed; rejects unless the status is 2xx. Too slow for measurements. */
export async function getJson(port: number, path: string, key?: string): Promise<unknown> {
  const headers = key === undefined ? {} : { authorization: `Bearer ${key}` };
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers });
  const body = await response.text();
  if (!response.ok) throw new Error(`GET ${path}: ${response.status} ${body.slice(0, 500)}`);
  return body === '' ? undefined : JSON.parse(body);
}
