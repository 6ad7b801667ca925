import { parseArgs } from 'node:util';
import { allows, KEY_TEXT } from '#application/access/api-key';
import type { EpochMillis } from '#domain/time/time';
import { UsageError } from '../command-line.ts';
import { createKey } from './create-key.ts';
import { addKey, readKeyFile, revokeKey } from './key-file.ts';
import { DEVICES_WITHOUT_POSTING } from './key-file-format.ts';
import { KEY_OPTIONS, keyOptions, validName } from './key-options.ts';
import { keyTable } from './key-table.ts';

const USAGE = `Usage: energy-ingestion-engine keys create --name NAME --scopes SCOPES [options]
       energy-ingestion-engine keys list [--file PATH]
       energy-ingestion-engine keys revoke NAME [--file PATH]

Creates, lists and revokes the API keys in a file. A running engine follows the file within seconds.

create prints the key, only this once: the file has its digest alone. Options:
  --name NAME                 for people and logs: 1 to 64 of A-Z a-z 0-9 . _ -
  --scopes SCOPES             what the key allows, separated by commas:
                                ingest  post readings
                                read    read everything, metrics included
                                admin   everything, such as changing links
  --devices PREFIXES          post only for devices whose id begins with one of these, such as M-,EV-
  --expires TIME              after a duration such as 90d, or at a time such as 2027-01-01T00:00:00Z
  --readings-per-minute N     limits of this key; there are none by default
  --new-devices-per-hour N
  --concurrent-requests N

Options of all three:
  --file PATH                 the file of API keys; by default the one that EIE_API_KEYS_FILE names
  -h, --help                  print this help
`;

type Environment = Readonly<Record<string, string | undefined>>;

/** Where a command prints: its result, which a program may read, and notes for people. */
export interface CommandOutput {
  result(text: string): void;
  note(text: string): void;
}

/**
 * Runs `energy-ingestion-engine keys`; `args` are the arguments after that. Throws `UsageError` if they cannot be
 * understood and `KeyFileError` if the file cannot be used or changed. Nothing has changed then.
 */
export function runKeysCommand(
  args: readonly string[],
  environment: Environment,
  output: CommandOutput,
  now: EpochMillis,
): void {
  const [command, ...rest] = args;
  if (args.includes('--help') || args.includes('-h')) output.result(USAGE);
  else if (command === 'create') create(rest, environment, output, now);
  else if (command === 'list') list(rest, environment, output, now);
  else if (command === 'revoke') revoke(rest, environment, output);
  else throw usageError('keys needs a command: create, list or revoke');
}

function create(args: string[], environment: Environment, output: CommandOutput, now: EpochMillis): void {
  const { values } = understood(() => parseArgs({ args, options: { ...FILE, ...KEY_OPTIONS } }));
  const file = fileOf(values, environment);
  const { key, text } = createKey(keyOptions(values, now), now);
  if (key.devices && !allows(key, 'ingest')) throw usageError(`--devices ${DEVICES_WITHOUT_POSTING}`);
  addKey(file, key);
  output.result(`${text}\n`);
  output.note(`This is the key "${key.name}". It is shown only this once: ${file} has only its digest.\n`);
  output.note('A running engine accepts it within seconds.\n');
}

function list(args: string[], environment: Environment, output: CommandOutput, now: EpochMillis): void {
  const { values } = understood(() => parseArgs({ args, options: FILE }));
  output.result(keyTable(readKeyFile(fileOf(values, environment)), now));
}

function revoke(args: string[], environment: Environment, output: CommandOutput): void {
  const { values, positionals } = understood(() => parseArgs({ args, options: FILE, allowPositionals: true }));
  const [name] = positionals;
  if (name === undefined || positionals.length > 1) throw usageError('revoke needs the name of one key');
  const file = fileOf(values, environment);
  revokeKey(file, validName('the name', name));
  output.note(`The key "${name}" is no longer in ${file}. A running engine refuses it within seconds.\n`);
}

const FILE = { file: { type: 'string' } } as const;

function fileOf({ file }: { readonly file?: string }, environment: Environment): string {
  const path = file ?? environment.EIE_API_KEYS_FILE;
  if (path) return path;
  throw usageError('there is no file of API keys: set EIE_API_KEYS_FILE, or use --file PATH');
}

/** The first line of Node's message names the argument; further lines are about other ways to write it. */
function understood<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    const [reason = ''] = (error as Error).message.split(/\n|\. /);
    throw usageError(reason.replace(KEY_TEXT, 'eie_...'));
  }
}

function usageError(reason: string): UsageError {
  return new UsageError(`${reason}; see keys --help`);
}
