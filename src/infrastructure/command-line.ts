import { parseArgs } from 'node:util';
import { packageVersion } from './package-version.ts';

const USAGE = `Usage: energy-ingestion-engine [options]
       energy-ingestion-engine keys create|list|revoke ...

Starts the energy ingestion engine, or manages its API keys: see keys --help. Options:
  -h, --help       print this help
  -v, --version    print the version

Settings are environment variables. The most important ones, with their defaults:
  PORT=3000                  port to listen on; 0 picks a free one
  HOST=127.0.0.1             address to listen on; a non-loopback one requires keys, or EIE_AUTH=off
  EIE_API_KEYS_FILE=         file of API keys; see keys create
  EIE_AUTH=                  off: anyone who reaches the port can read and write
  EIE_STORE=sqlite           sqlite, mongodb or memory
  EIE_DATA_DIR=./data        directory of the SQLite store
  MONGODB_URI=               address of a MongoDB replica set, mongodb://...
  MONGODB_DB=energy          database in MongoDB
  EIE_MAX_AGE=30d            age up to which readings are accepted, or off
  EIE_CLOCK=checked          trusted: believe the clock at this start
  EIE_RETENTION=keep         how long history is kept, such as 90d
  EIE_LOSS_THRESHOLD=0.85    efficiency below which losses are reported
  LOG_LEVEL=info             error, warn, info or debug
  LOG_FORMAT=auto            auto, pretty or json

README.md lists all of them under "Configuration".
`;

/** The command line cannot be understood. The message is for the user. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The text that the command line asks to print, or `undefined` when it asks to start. Throws `UsageError`. */
export function textToPrint(args: readonly string[]): string | undefined {
  const { help, version } = parse(args);
  if (help) return USAGE;
  return version ? `${packageVersion()}\n` : undefined;
}

function parse(args: readonly string[]): { readonly help?: boolean; readonly version?: boolean } {
  try {
    return parseArgs({
      args: [...args],
      options: { help: { type: 'boolean', short: 'h' }, version: { type: 'boolean', short: 'v' } },
    }).values;
  } catch (cause) {
    const reason = (cause as Error).message.replace(/\. This command .*/s, '');
    throw new UsageError(`${reason}: settings are environment variables, such as PORT=3000; see --help`, { cause });
  }
}
