import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { temporaryDirectory } from './temporary-directory.ts';

const PROGRAMS = ['prometheus', 'promtool'];
const START_TIMEOUT_MS = 60_000;
/** It ends by then even if the tests are killed. */
const MAX_LIFETIME_SECONDS = 300;

export const prometheusIsInstalled = PROGRAMS.every((program) => spawnSync(program, ['--version']).status === 0);

/** What promtool wrote, and its exit code: 0 if it found nothing wrong. */
export function promtool(
  args: readonly string[],
  input = '',
): { readonly code: number | null; readonly output: string } {
  const { status, stdout, stderr } = spawnSync('promtool', args, { input, encoding: 'utf8' });
  return { code: status, output: stdout + stderr };
}

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Rule {
  readonly name: string;
  /** `unknown` until it was evaluated for the first time. */
  readonly health: 'ok' | 'err' | 'unknown';
  readonly lastError?: string;
}

/** A Prometheus of the running test, on a free loopback port and with its data in a temporary directory. */
export class Prometheus {
  readonly #url: string;

  private constructor(url: string) {
    this.#url = url;
  }

  /** `files` are put beside the configuration, which is the first of them. Ends with the running test. */
  static async start(files: Readonly<Record<string, string>>): Promise<Prometheus> {
    const directory = temporaryDirectory();
    for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
    const [program] = PROGRAMS as [string];
    const args = [
      ...['--kill-after=5', String(MAX_LIFETIME_SECONDS), program],
      `--config.file=${join(directory, Object.keys(files)[0] ?? '')}`,
      `--storage.tsdb.path=${join(directory, 'data')}`,
      ...['--storage.tsdb.retention.time=1h', '--web.listen-address=127.0.0.1:0'],
    ];
    const child = spawn('timeout', args, { stdio: ['ignore', 'ignore', 'pipe'] });
    onTestFinished(() => end(child));
    return new Prometheus(await listening(child));
  }

  /** The result of an instant query. Rejects if Prometheus does not accept the query. */
  async query(query: string): Promise<Sample[]> {
    const { result } = await this.#get<{
      result: { metric: Sample['labels']; value: [time: number, value: string] }[];
    }>(`query?${new URLSearchParams({ query })}`);
    return result.map(({ metric, value: [, value] }) => ({ labels: metric, value: Number(value) }));
  }

  async rules(): Promise<Rule[]> {
    const { groups } = await this.#get<{ groups: { rules: Rule[] }[] }>('rules');
    return groups.flatMap(({ rules }) => rules);
  }

  async #get<Data>(path: string): Promise<Data> {
    const response = await fetch(`${this.#url}/api/v1/${path}`);
    const { data, error } = (await response.json()) as { data: Data; error?: string };
    if (!response.ok) throw new Error(`${path}: ${error}`);
    return data;
  }
}

/** Resolves with its URL when it is ready. Its log names the port. */
async function listening(child: ChildProcess): Promise<string> {
  let log = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  for (const begin = performance.now(); performance.now() - begin < START_TIMEOUT_MS; await sleep(20)) {
    if (child.exitCode !== null) break;
    const address = /"Listening on" address=(\S+)/.exec(log)?.[1];
    if (address !== undefined && (await fetch(`http://${address}/-/ready`)).ok) return `http://${address}`;
  }
  throw new Error(`Prometheus did not start:\n${log}`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
}
