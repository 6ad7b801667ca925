import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { knownFlags, v8Flags } from '#infrastructure/launch';
import { temporaryDirectory } from '#tests/support/temporary-directory';

const launch = join(import.meta.dirname, '../../src/infrastructure/launch.ts');

/** A program that relaunches itself and then prints how it runs. */
function program(): string {
  const file = join(temporaryDirectory(), 'program.mjs');
  const code = `
    import { missingFlags, relaunchWithFlags } from ${JSON.stringify(launch)};
    relaunchWithFlags();
    const { pid, execArgv, argv } = process;
    console.log(JSON.stringify({ pid, execArgv, args: argv.slice(2), missing: missingFlags() }));
    process.exitCode = 7;
  `;
  writeFileSync(file, code);
  return file;
}

/** Runs the program with options for Node; returns what it printed and how it ended. */
async function run(options: readonly string[] = [], environment: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [...options, program(), 'a', '--b'], {
    env: { PATH: process.env.PATH, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { child: child.pid, code, stderr, ...JSON.parse(stdout) };
}

describe("V8's flags", () => {
  it('are all known to the Node that the project is developed with', () => {
    expect(knownFlags(v8Flags(1))).toEqual(v8Flags(1));
  });

  it('limit the helper threads only where cores are few', () => {
    const poolSize = '--v8-pool-size=1';
    expect([1, 2, 3, 64].map((cores) => v8Flags(cores).includes(poolSize))).toEqual([true, true, false, false]);
    expect(v8Flags(64)).toEqual(v8Flags(2).filter((flag) => flag !== poolSize));
  });

  it('that Node no longer knows are left out, and the others kept', () => {
    expect(knownFlags(['--max-semi-space-size=16', '--dropped-by-v8=1', '--v8-pool-size=1'])).toEqual([
      '--max-semi-space-size=16',
      '--v8-pool-size=1',
    ]);
    expect(knownFlags(['--no-dropped-by-v8'])).toEqual([]);
  });
});

describe('a program that relaunches itself with the flags', () => {
  it('gets all of them, in the same process, with its own arguments and exit code', async () => {
    const { child, pid, ...rest } = await run();

    expect(pid).toBe(child);
    expect(rest).toEqual({ code: 7, stderr: '', execArgv: v8Flags(), args: ['a', '--b'], missing: [] });
  });

  it('keeps the options it was started with, and their values for the same flags', async () => {
    const options = ['--max_semi_space_size=8', '--stack-trace-limit=5'];
    const others = v8Flags().filter((flag) => !flag.startsWith('--max-semi-space-size'));

    expect(await run(options)).toMatchObject({ execArgv: [...others, ...options], missing: [] });
    expect(await run([], { NODE_OPTIONS: '--max-semi-space-size=8' })).toMatchObject({ execArgv: others, missing: [] });
  });

  it.each([
    ['the system cannot replace a process', ['--import', 'data:text/javascript,process.execve = undefined']],
    ['it may not start a process', ['--permission', '--allow-fs-read=*']],
    ['replacing the process fails', ['--import', 'data:text/javascript,process.execve = () => { throw Error() }']],
  ])('goes on without them when %s', async (_, options) => {
    expect(await run(options)).toMatchObject({ code: 7, execArgv: options, missing: v8Flags() });
  });

  it('gets the others, once, when Node refuses one of them', async () => {
    const refused = '--heap-growing-percent=70';
    const refusingNode = `
      import processes from 'node:child_process';
      import { syncBuiltinESMExports } from 'node:module';
      const { spawnSync } = processes;
      processes.spawnSync = (file, args, options) =>
        args.includes('${refused}') ? { status: 9 } : spawnSync(file, args, options);
      syncBuiltinESMExports();
    `;
    const options = ['--import', `data:text/javascript,${encodeURIComponent(refusingNode)}`];
    const others = v8Flags().filter((flag) => flag !== refused);

    expect(await run(options)).toMatchObject({ code: 7, execArgv: [...others, ...options], missing: [refused] });
  });

  it('goes on without them when it has an IPC channel, which stays open', async () => {
    const child = fork(program(), { execArgv: [], stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
    const [stdout] = await Promise.all([text(child.stdout as NodeJS.ReadableStream), once(child, 'exit')]);

    expect(JSON.parse(stdout)).toMatchObject({ pid: child.pid, execArgv: [], missing: v8Flags() });
  });
});
