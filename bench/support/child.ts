import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { assertNotEnding, onExit } from './cleanup.ts';

const STOP_SECONDS = 20;
const START_SECONDS = 60;

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Where its output is written, as `output.log`. */
  readonly dir: string;
}

/** Settings of an engine in the user's own environment must not configure the one under test. */
function withoutSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('EIE_')));
}

/** A process that the benchmark has started and will stop. */
export class Child {
  readonly pid: number;
  readonly #process: ChildProcess;
  readonly #command: Command;
  readonly stop: () => Promise<void>;

  private constructor(process: ChildProcess, pid: number, command: Command) {
    this.#process = process;
    this.#command = command;
    this.pid = pid;
    this.stop = onExit(() => this.#end());
  }

  static async start(command: Command): Promise<Child> {
    assertNotEnding();
    const child = spawn(command.file, command.args, {
      cwd: import.meta.dirname,
      env: { ...withoutSettings(process.env), ...command.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true, // Ctrl-C reaches only the benchmark, which then stops its children in order
    });
    if (child.pid === undefined) await once(child, 'spawn'); // rejects with the reason
    const log = createWriteStream(join(command.dir, 'output.log'), { flags: 'a' }); // shared by several processes
    child.stdout.pipe(log);
    child.stderr.pipe(log);
    return new Child(child, child.pid as number, command);
  }

  /** Resolves once `isReady` resolves. Rejects when the process ends before that or takes too long. */
  async ready(isReady: () => Promise<unknown>): Promise<this> {
    const deadline = performance.now() + START_SECONDS * 1000;
    for (;;) {
      try {
        await isReady();
        return this;
      } catch (cause) {
        if (this.#hasEnded || performance.now() > deadline) {
          const output = await this.#lastOutput();
          await this.stop();
          throw new Error(`${basename(this.#command.file)} did not start: ${output}`, { cause });
        }
        await sleep(50);
      }
    }
  }

  get #hasEnded(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  async #lastOutput(): Promise<string> {
    const output = await readFile(join(this.#command.dir, 'output.log'), 'utf8');
    return output.trim().split('\n').slice(-5).join('\n') || 'no output';
  }

  async #end(): Promise<void> {
    if (this.#hasEnded) return;
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGTERM');
    const force = setTimeout(() => this.#process.kill('SIGKILL'), STOP_SECONDS * 1000);
    await ended;
    clearTimeout(force);
  }
}
