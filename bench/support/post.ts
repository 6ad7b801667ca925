/** Posts JSON; rejects unless all of it was taken. Not for timing. */
export async function post(port: number, path: string, body: unknown): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const answer = await response.text();
  if (response.status !== 200) throw new Error(`POST ${path}: ${response.status} ${answer.slice(0, 500)}`);
}

/** Keeps at most so many pieces of work under way. */
export class LatestOf {
  readonly #limit: number;
  readonly #running = new Set<Promise<void>>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Begins the work as soon as there is room. */
  async add(work: () => Promise<void>): Promise<void> {
    while (this.#running.size >= this.#limit) await Promise.race(this.#running);
    const running = work();
    this.#running.add(running);
    void running.finally(() => this.#running.delete(running));
  }

  async done(): Promise<void> {
    await Promise.all(this.#running);
  }
}
