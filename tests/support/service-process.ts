import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const ROOT = resolve(import.meta.dirname, '../..');
/** Generous: the machine may be slow, and busy with other tests. */
const START_TIMEOUT_MS = 90_000;
const EXIT_TIMEOUT_MS = 60_000;
const POLL_MS = 20;

type Environment = Readonly<Record<string, string>>;

export interface Limits {
  /** No file of the process may grow beyond this size: to its store, the disk is then full. */
  readonly maxFileKiB?: number;
  /** What the process finds in place of a directory; for others nothing changes. Needs `canMount`. */
  readonly disk?: { readonly directory: string; readonly is: keyof typeof DISKS };
  /** How many files and connections the process may have open. */
  readonly maxOpenFiles?: number;
}

/** Whether a process can be given a view of the file system of its own. */
export const canMount = spawnSync('unshare', ['--mount', '--map-root-user', 'true']).status === 0;

/** Shell commands that prepare the directory `$1`. */
const DISKS = {
  readOnly: 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1"',
  /** A disk of 1 MiB that the content of the directory and one more file fill to the last byte. */
  full: `cp -a "$1" "$1.copy" && mount -t tmpfs -o size=1m tmpfs "$1" && cp -a "$1.copy/." "$1" && rm -r "$1.copy" &&
    { cat /dev/zero > "$1/rest" 2> /dev/null || true; }`,
};

/** How a process ended, and its output. */
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
 * The engine as a user starts it: a separate process, configured by its environment alone. From the environment of the
 * tests it inherits nothing but `PATH` and Node's compile cache.
 */
export class ServiceProcess {
  readonly #child: ChildProcess;
  readonly #exit: Promise<Ended>;
  #stdout = '';
  #stderr = '';
  #ended: Ended | undefined;
  #url: string | undefined;

  private constructor(environment: Environment, { maxFileKiB, maxOpenFiles, disk }: Limits = {}) {
    const steps = [
      ...(maxFileKiB === undefined ? [] : [`ulimit -f ${maxFileKiB * 2}`]), // in blocks of 512 bytes
      ...(maxOpenFiles === undefined ? [] : [`ulimit -n ${maxOpenFiles}`]),
      ...(disk === undefined ? [] : [DISKS[disk.is]]),
      'exec "$0" src/main.ts',
    ];
    const shell = ['sh', '-c', steps.join(' && '), process.execPath, disk?.directory ?? ''];
    const [command = '', ...args] = disk === undefined ? shell : ['unshare', '--mount', '--map-root-user', ...shell];
    this.#child = spawn(command, args, {
      cwd: ROOT,
      env: { PATH: process.env.PATH, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE, ...environment },
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

  /** Resolves when the engine reports ready. It listens on a free port unless `PORT` is given. */
  static start(environment: Environment, limits: Limits = {}): Promise<ServiceProcess> {
    return ServiceProcess.#started(environment, limits, 200);
  }

  /** The same for an engine that is expected not to be ready. */
  static startUnready(environment: Environment): Promise<ServiceProcess> {
    return ServiceProcess.#started(environment, {}, 503);
  }

  static async #started(environment: Environment, limits: Limits, readiness: number): Promise<ServiceProcess> {
    const service = new ServiceProcess({ PORT: '0', ...environment }, limits);
    try {
      await service.#reports(readiness);
    } catch (error) {
      service.signal('SIGKILL');
      throw error;
    }
    return service;
  }

  /** Resolves when the engine listens, ready or not. */
  static async listening(environment: Environment, limits: Limits = {}): Promise<ServiceProcess> {
    const service = new ServiceProcess({ PORT: '0', ...environment }, limits);
    service.#url = String((await service.logs('the engine is listening')).url);
    return service;
  }

  /** Starts it with an environment it is expected to reject, and waits for its exit. */
  static async refused(environment: Environment): Promise<Ended> {
    const service = new ServiceProcess({ PORT: '0', ...environment });
    return service.exit();
  }

  /** Where it listens, according to its log. */
  get url(): string {
    if (this.#url === undefined) throw new Error('the service is not listening yet');
    return this.#url;
  }

  get hasEnded(): boolean {
    return this.#ended !== undefined;
  }

  /** The lines logged so far. */
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
      if (this.#ended) throw new Error(`the service ended without logging "${message}":\n${this.#output()}`);
    }
  }

  /** Resident set size in bytes: current and peak. Linux only. */
  memory(): { readonly now: number; readonly peak: number } {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8');
    const bytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) * 1024;
    return { now: bytes('VmRSS'), peak: bytes('VmHWM') };
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Waits for its exit; after a timeout it is killed, and the promise rejects. */
  async exit(): Promise<Ended> {
    const timeout = AbortSignal.timeout(EXIT_TIMEOUT_MS);
    const late = once(timeout, 'abort').then(() => {
      this.signal('SIGKILL');
      throw new Error(`the service did not exit within ${EXIT_TIMEOUT_MS} ms:\n${this.#output()}`);
    });
    return Promise.race([this.#exit, late]);
  }

  /** `kill -9`: no chance to finish anything. */
  async kill(): Promise<Ended> {
    this.signal('SIGKILL');
    return this.exit();
  }

  /** Sends SIGTERM, as a supervisor does. */
  async stop(): Promise<Ended> {
    this.signal('SIGTERM');
    return this.exit();
  }

  async #reports(readiness: number): Promise<void> {
    for (const begin = performance.now(); performance.now() - begin < START_TIMEOUT_MS; await sleep(POLL_MS)) {
      if (this.#ended) throw new Error(`the service ended before it was ready:\n${this.#output()}`);
      this.#url ??= this.log.find(({ message }) => message === 'the engine is listening')?.url as string | undefined;
      if (this.#url !== undefined && (await fetch(`${this.#url}/health/ready`)).status === readiness) return;
    }
    throw new Error(`the service was not ready after ${START_TIMEOUT_MS} ms:\n${this.#output()}`);
  }

  #output(): string {
    return this.#stdout + this.#stderr;
  }
}
