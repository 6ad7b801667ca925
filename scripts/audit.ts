import { parseArgs } from 'node:util';
import { BudgetedLogger } from '#adapters/outbound/observability/budgeted-logger';
import { createWinstonLogger } from '#adapters/outbound/observability/winston-logger';
import { systemClock } from '#adapters/outbound/system-clock';
import type { EngineStore } from '#application/ports/engine-store';
import { AuditHistory, type Compared, type Difference } from '#application/upkeep/audit-history';
import { type Kind, kinds } from '#domain/streams/streams';
import type { EpochMillis } from '#domain/time/time';
import type { TimeWindow } from '#domain/time/time-window';
import { parseRfc3339 } from '#domain/time/timestamp';
import type { Config, StoreConfig } from '#infrastructure/config';
import { ConfigurationError, readEnvironment } from '#infrastructure/environment';
import { openStore } from '#infrastructure/open-store';

/**
 * `npm run audit -- --from <time> --to <time>`: recomputes every sum in that window from raw history, compares, and
 * prints what it compared. The store is configured by the same environment as the engine's; on SQLite the audit may run
 * beside the engine.
 *
 * Exits with 0 when everything agrees, with 1 after listing every difference, and with 2 when nothing was proved: the
 * options are wrong, the audit could not finish, or the window has no readings.
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
    const { values } = parseArgs({ args: [...args], options: { from: { type: 'string' }, to: { type: 'string' } } });
    const window = { from: timeOf('from', values.from), to: timeOf('to', values.to) };
    return window.from < window.to ? window : refuse(`--from must be before --to\n${USAGE}`);
  } catch (error) {
    return refuse(`${error instanceof Error ? error.message : error}\n${USAGE}`);
  }
}

function configOf(environment: NodeJS.ProcessEnv): Pick<Config, 'store' | 'logLevel'> {
  try {
    const config = readEnvironment(environment);
    return config.store.kind === 'memory' ? refuse('EIE_STORE=memory stores nothing that could be audited') : config;
  } catch (error) {
    return refuse(error instanceof ConfigurationError ? error.message : String(error));
  }
}

async function storeOf({ store, logLevel }: Pick<Config, 'store' | 'logLevel'>): Promise<EngineStore> {
  try {
    const logger = new BudgetedLogger(createWinstonLogger(logLevel), systemClock);
    return await openStore(store, { logger, readOnly: true });
  } catch (error) {
    return refuse(`failed to open ${nameOf(store)}: ${(error as Error).message}`);
  }
}

function nameOf(store: StoreConfig): string {
  if (store.kind === 'sqlite') return `the SQLite store in ${store.directory}`;
  return store.kind === 'mongodb' ? `the MongoDB store ${store.database}` : 'the memory store';
}

function lineFor({ hour, kind, sum, deviceId, counted, stored }: Difference): string {
  const where = [new Date(hour).toISOString(), kind, sum, deviceId].filter((part) => part !== undefined).join(' ');
  return `${where}: counted ${JSON.stringify(counted ?? null)}, stored ${JSON.stringify(stored ?? null)}`;
}

/** What was compared of a stream, such as `meter: 24 hours, 1440 readings, 1 device`. */
function summaryOf(kind: Kind, { hours, readings, devices, unclosed, dropped }: Compared): string {
  const all = `${numberOf(hours, 'hour')}, ${numberOf(readings, 'reading')}, ${numberOf(devices, 'device')}`;
  const parts = [`${kind}: ${all}`];
  if (unclosed > 0) parts.push(`${numberOf(unclosed, 'hour')} not closed: only the fleet's sums were compared`);
  if (dropped > 0) {
    parts.push(`${numberOf(dropped, 'hour')} without readings any more: sums were only compared with each other`);
  }
  return parts.join('; ');
}

function numberOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Prints the audit as it goes, and returns the exit code. */
async function audit(store: EngineStore, window: TimeWindow): Promise<number> {
  const found = new AuditHistory(store).audit(window);
  let differences = 0;
  let next = await found.next();
  for (; !next.done; next = await found.next()) {
    differences++;
    print(lineFor(next.value));
  }
  for (const kind of kinds) print(summaryOf(kind, next.value[kind]));
  const isEmpty = kinds.every((kind) => next.value[kind].hours === 0);
  if (differences > 0) print(`differences: ${differences}`);
  else if (isEmpty) print('nothing to compare: there are no readings in this window; check the store and the times');
  else print('no differences');
  return differences > 0 ? 1 : isEmpty ? 2 : 0;
}

const { from, to } = windowOf(process.argv.slice(2));
const config = configOf(process.env);
const store = await storeOf(config);
print(`auditing ${nameOf(config.store)} from ${new Date(from).toISOString()} to ${new Date(to).toISOString()}`);
try {
  process.exitCode = await audit(store, { from, to });
} catch (error) {
  process.stderr.write(`the audit failed: ${(error as Error).message}\n`);
  process.exitCode = 2;
} finally {
  await store.close();
}
