import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const ROOT = resolve(import.meta.dirname, '../..');
/** Generous: the machine may be busy with other tests. */
const START_TIMEOUT_MS = 30_000;
const EXIT_TIMEOUT_MS = 30_000;
const POLL_MS = 20;

type Environment = Readonly<Record<string, string>>;

export interface Limits {
  /** The size that no file of the process may grow beyond: to its store the disk is full then. */
  readonly largestFileKiB?: number;
}

/** How a process ended, and what it said. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** One line of the log. */
export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly [field: string]: unknown;
}

/**
 * The engine as a user starts it: a process of its own, told by its environment alone. Of the environment of the tests
 * it gets nothing but `PATH`.
 */
export class ServiceProcess {
  readonly #child: ChildProcess;
  readonly #exit: Promise<Ended>;
  #stdout = '';
  #stderr = '';
  #ended: Ended | undefined;
  #url: string | undefined;

  private constructor(environment: Environment, { largestFileKiB }: Limits = {}) {
    const limit = largestFileKiB === undefined ? '' : `ulimit -f ${largestFileKiB * 2}; `; // in blocks of 512 bytes
    this.#child = spawn('sh', ['-c', `${limit}exec "$0" src/main.ts`, process.execPath], {
      cwd: ROOT,
      env: { PATH: process.env.PATH, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text;
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    this.#exit = once(this.#child, 'close').then(([code, signal]) => {
      this.#ended = { code, signal, stdout: this.#stdout, stderr: this.#stderr };
      return this.#ended;
    });
  }

  /** Resolves when the engine says it is ready. It listens on a free port unless `PORT` is given. */
  static async start(environment: Environment, limits: Limits = {}): Promise<ServiceProcess> {
    const service = new ServiceProcess({ PORT: '0', ...environment }, limits);
    try {
      await service.#ready();
    } catch (error) {
      service.signal('SIGKILL');
      throw error;
    }
    return service;
  }

  /** Starts it with an environment that it is expected to refuse, and waits for its end. */
  static async refused(environment: Environment): Promise<Ended> {
    const service = new ServiceProcess({ PORT: '0', ...environment });
    return service.exit();
  }

  /** Where it listens, by its own word. */
  get url(): string {
    if (this.#url === undefined) throw new Error('the service does not listen yet');
    return this.#url;
  }

  get hasEnded(): boolean {
    return this.#ended !== undefined;
  }

  /** The lines it logged so far. */
  get log(): readonly LogLine[] {
    const whole = this.#stdout.slice(0, this.#stdout.lastIndexOf('\n') + 1);
    return whole
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as LogLine);
  }

  /** Resolves when it has logged that message. */
  async logs(message: string): Promise<LogLine> {
    for (; ; await sleep(POLL_MS)) {
      const line = this.log.find((line) => line.message === message);
      if (line !== undefined) return line;
      if (this.#ended) throw new Error(`the service has ended without "${message}":\n${this.#said()}`);
    }
  }

  /** The resident set in bytes: what it is now, and the largest it ever was. Linux. */
  memory(): { readonly now: number; readonly peak: number } {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8');
    const bytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) * 1024;
    return { now: bytes('VmRSS'), peak: bytes('VmHWM') };
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Waits for its end; rejects, and kills it, when that does not come. */
  async exit(): Promise<Ended> {
    const timeout = AbortSignal.timeout(EXIT_TIMEOUT_MS);
    const late = once(timeout, 'abort').then(() => {
      this.signal('SIGKILL');
      throw new Error(`the service has not ended within ${EXIT_TIMEOUT_MS} ms:\n${this.#said()}`);
    });
    return Promise.race([this.#exit, late]);
  }

  /** `kill -9`: it gets no chance to finish anything. */
  async kill(): Promise<Ended> {
    this.signal('SIGKILL');
    return this.exit();
  }

  /** Asks it to stop, as a supervisor does. */
  async stop(): Promise<Ended> {
    this.signal('SIGTERM');
    return this.exit();
  }

  async #ready(): Promise<void> {
    for (const begin = performance.now(); performance.now() - begin < START_TIMEOUT_MS; await sleep(POLL_MS)) {
      if (this.#ended) throw new Error(`the service ended before it was ready:\n${this.#said()}`);
      this.#url ??= this.log.find(({ message }) => message === 'the engine is listening')?.url as string | undefined;
      if (this.#url !== undefined && (await fetch(`${this.#url}/health/ready`)).status === 200) return;
    }
    throw new Error(`the service is not ready after ${START_TIMEOUT_MS} ms:\n${this.#said()}`);
  }

  #said(): string {
    return this.#stdout + this.#stderr;
  }
}
