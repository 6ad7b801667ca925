/**
 * Runs a command with a temporary MongoDB replica set, its address in MONGODB_URI, and ends with the command's code:
 *
 *   node scripts/with-mongod.ts -- <command> [arguments...]
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { startMongod } from '../tests/support/mongod.ts';

const [separator, command, ...args] = process.argv.slice(2);
if (separator !== '--' || command === undefined) {
  const isHelp = separator === '--help' || separator === '-h';
  console[isHelp ? 'log' : 'error']('usage: node scripts/with-mongod.ts -- <command> [arguments...]');
  process.exit(isHelp ? 0 : 2);
}

const mongod = await startMongod();
const child = spawn(command, args, { stdio: 'inherit', env: { ...process.env, MONGODB_URI: mongod.uri } });
// The command decides what a signal means; this process only waits for its end, and then stops the server.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));

const code = await new Promise<number>((resolve) => {
  child.once('error', (error) => {
    console.error(`${command} could not be started: ${error.message}`);
    resolve(127);
  });
  child.once('exit', (exitCode, signal) => resolve(exitCode ?? 128 + constants.signals[signal ?? 'SIGKILL']));
});
await mongod.stop();
process.exitCode = code;
