import { parseArgs } from 'node:util';
import { BudgetedLogger } from '#adapters/outbound/observability/budgeted-logger';
import { createWinstonLogger } from '#adapters/outbound/observability/winston-logger';
import { systemClock } from '#adapters/outbound/system-clock';
import { AuditHistory, type AuditSummary, type Difference } from '#application/upkeep/audit-history';
import { kinds } from '#domain/streams/streams';
import type { EpochMillis } from '#domain/time/time';
import type { TimeWindow } from '#domain/time/time-window';
import { parseRfc3339 } from '#domain/time/timestamp';
import { ConfigurationError, readEnvironment } from '#infrastructure/environment';
import { openStore } from '#infrastructure/open-store';

/**
 * `npm run audit -- --from <time> --to <time>`: recomputes every sum in that window from raw history and compares. The
 * store is configured by the same environment as the engine's; on SQLite the audit may run beside the engine.
 *
 * Says what it compared. Exits with 0 when everything agrees, with 1 after listing every difference, and with 2 when the
 * options are wrong, the audit could not finish, or there was nothing to compare.
 */
const USAGE = 'usage: npm run audit -- --from 2026-01-01T00:00:00Z --to 2026-02-01T00:00:00Z';

function refuse(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}

function timeOf(name: string, text: string | undefined): EpochMillis {
  const time = text === undefined ? undefined : parseRfc3339(text);
  if (typeof time === 'number') return time;
  return refuse(`--${name} ${time?.detail ?? 'is missing'}\n${USAGE}`);
}

function windowOf(args: readonly string[]): TimeWindow {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { from: { type: 'string' }, to: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
    });
    if (values.help) {
      process.stdout.write(`${USAGE}\n`);
      process.exit(0);
    }
    const window = { from: timeOf('from', values.from), to: timeOf('to', values.to) };
    return window.from < window.to ? window : refuse(`--from must be before --to\n${USAGE}`);
  } catch (error) {
    return refuse(`${error instanceof Error ? error.message : error}\n${USAGE}`);
  }
}

async function storeOf(environment: NodeJS.ProcessEnv) {
  try {
    const { store, logLevel } = readEnvironment(environment);
    if (store.kind === 'memory') refuse('EIE_STORE=memory stores nothing that could be audited');
    const logger = new BudgetedLogger(createWinstonLogger(logLevel), systemClock);
    return await openStore(store, { logger, readOnly: true });
  } catch (error) {
    return refuse(
      error instanceof ConfigurationError ? error.message : `failed to open the store: ${(error as Error).message}`,
    );
  }
}

function lineFor({ hour, kind, sum, deviceId, counted, stored, damage }: Difference): string {
  const where = [new Date(hour).toISOString(), kind, sum, deviceId].filter((part) => part !== undefined).join(' ');
  if (damage !== undefined) return `${where}: ${damage}`;
  return `${where}: counted ${JSON.stringify(counted ?? null)}, stored ${JSON.stringify(stored ?? null)}`;
}

function comparedLine({ hours, unclosed, compared }: AuditSummary): string {
  const streams = kinds.map((kind) => {
    const { readings, devices } = compared[kind];
    return `${count(readings, `${kind} reading`)} of ${count(devices, 'device')}`;
  });
  const open = unclosed === 0 ? '' : `; ${count(unclosed, 'hour')} of a stream not closed, so without sums by device`;
  const { from, to } = window;
  const period = `${new Date(from).toISOString()} to ${new Date(to).toISOString()}`;
  return `compared ${period} in ${storeName()}: ${count(hours, 'hour')} with data, ${streams.join(', ')}${open}`;
}

function conclusion(differences: number, { hours }: AuditSummary): string {
  if (differences > 0) return `differences: ${differences}`;
  return hours === 0 ? 'nothing to compare: there are no data in this time' : 'no differences';
}

/** The configured store, without its password. */
function storeName(): string {
  const { store: config } = readEnvironment(process.env);
  if (config.kind === 'sqlite') return `the SQLite store in ${config.directory}`;
  return config.kind === 'mongodb' ? `the MongoDB database ${config.database}` : 'memory';
}

function count(number: number, noun: string): string {
  return `${number.toLocaleString('en-US')} ${noun}${number === 1 ? '' : 's'}`;
}

const window = windowOf(process.argv.slice(2));
const store = await storeOf(process.env);
let differences = 0;
try {
  const audit = new AuditHistory(store).audit(window);
  let step = await audit.next();
  for (; !step.done; step = await audit.next()) {
    differences++;
    process.stdout.write(`${lineFor(step.value)}\n`);
  }
  const summary = step.value;
  process.stdout.write(`${comparedLine(summary)}\n`);
  if (differences > 0) process.exitCode = 1;
  else if (summary.hours === 0) process.exitCode = 2;
  process.stdout.write(`${conclusion(differences, summary)}\n`);
} catch (error) {
  process.stderr.write(`the audit failed: ${(error as Error).message}\n`);
  process.exitCode = 2;
} finally {
  await store.close();
}
