import { parseArgs } from 'node:util';
import { BudgetedLogger } from '#adapters/outbound/observability/budgeted-logger';
import { createWinstonLogger } from '#adapters/outbound/observability/winston-logger';
import { systemClock } from '#adapters/outbound/system-clock';
import { AuditHistory, type Difference } from '#application/upkeep/audit-history';
import type { EpochMillis } from '#domain/time/time';
import type { TimeWindow } from '#domain/time/time-window';
import { parseRfc3339 } from '#domain/time/timestamp';
import { ConfigurationError, readEnvironment } from '#infrastructure/environment';
import { openStore } from '#infrastructure/open-store';

/**
 * `npm run audit -- --from <time> --to <time>`: recomputes every sum in that window from raw history and compares. The
 * store is configured by the same environment as the engine's; on SQLite the audit may run beside the engine.
 *
 * Exits with 0 when everything agrees, with 1 after listing every difference, and with 2 when the options are wrong or
 * the audit could not finish.
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

const window = windowOf(process.argv.slice(2));
const store = await storeOf(process.env);
let differences = 0;
try {
  for await (const difference of new AuditHistory(store).audit(window)) {
    differences++;
    process.stdout.write(`${lineFor(difference)}\n`);
  }
  process.stdout.write(differences === 0 ? 'no differences\n' : `differences: ${differences}\n`);
  process.exitCode = differences === 0 ? 0 : 1;
} catch (error) {
  process.stderr.write(`the audit failed: ${(error as Error).message}\n`);
  process.exitCode = 2;
} finally {
  await store.close();
}
