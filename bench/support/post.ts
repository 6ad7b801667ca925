/** Posts JSON; rejects unless the status is 200. Too slow for measurements. */
export async function post(port: number, path: string, body: unknown): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const answer = await response.text();
  if (response.status !== 200) throw new Error(`POST ${path}: ${response.status} ${answer.slice(0, 500)}`);
}

/** Runs work with at most `limit` pieces in flight. */
export class ConcurrencyLimit {
  readonly #limit: number;
  readonly #running = new Set<Promise<void>>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Resolves once there was room to start the work. */
  async add(work: () => Promise<void>): Promise<void> {
    while (this.#running.size >= this.#limit) await Promise.race(this.#running);
    const running = work();
    this.#running.add(running);
    void running.finally(() => this.#running.delete(running));
  }

  /** Resolves when all work is done; rejects if any of it failed. */
  async done(): Promise<void> {
    await Promise.all(this.#running);
  }
}
