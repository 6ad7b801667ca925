import * as v from 'valibot';
import { isLoopback } from '#adapters/inbound/http/wire/client/allowed-hosts';
import { DEFAULT_LOSS_THRESHOLD } from '#domain/efficiency/efficiency';
import { kwhFromMilliwattHours } from '#domain/energy/energy';
import { DEFAULT_WARNING_RULE, type WarningRule } from '#domain/loss-warning';
import { DAY } from '#domain/time/time';
import type { Config, StoreConfig } from './config.ts';
import { bytes, duration, fraction, hosts, integer, kwh, origins, proxies, retention, text } from './setting-values.ts';

/** The environment is not a valid configuration. `problems` has a line for each variable and what is wrong with it. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`the configuration is not valid:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}

const variables = {
  PORT: v.optional(integer(0, 65_535), '3000'),
  HOST: v.optional(text, '127.0.0.1'),
  EIE_STORE: v.optional(v.picklist(['sqlite', 'mongodb', 'memory'], 'must be sqlite, mongodb or memory'), 'sqlite'),
  EIE_DATA_DIR: v.optional(text, './data'),
  MONGODB_URI: v.optional(v.pipe(v.string(), v.regex(/^mongodb(\+srv)?:\/\//, 'must begin with mongodb://'))),
  MONGODB_DB: v.optional(
    v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{1,38}$/, 'must be 1 to 38 characters from A-Z a-z 0-9 _ -')),
    'energy',
  ),
  EIE_MONGODB_LIVE: v.optional(v.picklist(['on', 'off'], 'must be on or off'), 'on'),
  LOG_LEVEL: v.optional(v.picklist(['error', 'warn', 'info', 'debug'], 'must be error, warn, info or debug'), 'info'),
  LOG_FORMAT: v.optional(v.picklist(['auto', 'pretty', 'json'], 'must be auto, pretty or json'), 'auto'),
  EIE_AUTH: v.optional(v.picklist(['keys', 'off'], 'must be keys or off')),
  EIE_API_KEYS_FILE: v.optional(text),
  EIE_TRUSTED_PROXIES: v.optional(proxies, ''),
  EIE_CORS_ORIGINS: v.optional(origins, ''),
  EIE_ALLOWED_HOSTS: v.optional(hosts),
  EIE_CONNECTIONS_PER_ADDRESS: v.optional(integer(1, 1_000_000)),
  EIE_LOSS_THRESHOLD: v.optional(fraction, String(DEFAULT_LOSS_THRESHOLD)),
  EIE_WARNING_CLEAR: v.optional(fraction),
  EIE_WARNING_EVALUATIONS: v.optional(integer(1, 168), String(DEFAULT_WARNING_RULE.evaluations)),
  EIE_WARNING_MIN_KWH: v.optional(kwh, String(kwhFromMilliwattHours(DEFAULT_WARNING_RULE.minAc))),
  EIE_WARNING_MIN_COVERAGE: v.optional(fraction, String(DEFAULT_WARNING_RULE.minCoverage)),
  EIE_MAX_FUTURE: v.optional(duration, '5m'),
  EIE_MAX_AGE: v.optional(duration, '30d'),
  EIE_CLOCK: v.optional(v.picklist(['checked', 'trusted'], 'must be checked or trusted'), 'checked'),
  EIE_RETENTION: v.optional(retention, 'keep'),
  EIE_WORKERS: v.optional(integer(1, 64), '1'),
  EIE_QUEUE_READINGS: v.optional(integer(1, 10_000_000), '50000'),
  EIE_BODY_LIMIT: v.optional(bytes, '8MiB'),
};

/** Variables whose values are never printed: they may contain a password. */
const secrets: ReadonlySet<string> = new Set(['MONGODB_URI']);

const schema = v.object(variables);
type Variables = v.InferOutput<typeof schema>;

/**
 * Reads the configuration from environment variables. Throws `ConfigurationError` naming every bad value and every
 * unknown name that begins with `EIE_`; other names are ignored. An empty value counts as not set.
 */
export function readEnvironment(environment: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const unknown = Object.keys(environment).filter((name) => name.startsWith('EIE_') && !(name in variables));
  const result = v.safeParse(schema, given);
  const problems = [
    ...unknown.map((name) => `${name} is not a known setting`),
    ...(result.issues ?? []).map((issue) => {
      const name = v.getDotPath(issue) ?? '';
      return `${name}${secrets.has(name) ? '' : `=${JSON.stringify(given[name])}`} ${issue.message}`;
    }),
    ...(result.success ? inconsistencies(result.output) : []),
  ];
  if (problems.length > 0 || !result.success) throw new ConfigurationError(problems);

  const values = result.output;
  return {
    host: values.HOST,
    port: values.PORT,
    store: storeConfig(values),
    logLevel: values.LOG_LEVEL,
    logFormat: values.LOG_FORMAT,
    keyFile: values.EIE_AUTH === 'off' ? undefined : values.EIE_API_KEYS_FILE,
    trustedProxies: values.EIE_TRUSTED_PROXIES,
    corsOrigins: values.EIE_CORS_ORIGINS,
    allowedHosts: values.EIE_ALLOWED_HOSTS,
    connectionsPerAddress: values.EIE_CONNECTIONS_PER_ADDRESS,
    warningRule: warningRule(values),
    acceptedTime: { maxFuture: values.EIE_MAX_FUTURE, maxAge: values.EIE_MAX_AGE },
    trustClock: values.EIE_CLOCK === 'trusted',
    retention: values.EIE_RETENTION === Infinity ? undefined : values.EIE_RETENTION,
    workers: values.EIE_WORKERS,
    queueReadings: values.EIE_QUEUE_READINGS,
    bodyLimit: values.EIE_BODY_LIMIT,
  };
}

function inconsistencies(values: Variables): string[] {
  const problems: string[] = [];
  if (values.EIE_STORE === 'mongodb' && values.MONGODB_URI === undefined) {
    problems.push('MONGODB_URI must be set when EIE_STORE=mongodb');
  }
  if (values.EIE_WORKERS > 1 && values.EIE_STORE !== 'mongodb') {
    problems.push(`EIE_WORKERS=${values.EIE_WORKERS} needs EIE_STORE=mongodb: other stores allow only one process`);
  }
  if (!isLoopback(values.HOST) && values.EIE_API_KEYS_FILE === undefined && values.EIE_AUTH !== 'off') {
    problems.push(
      `HOST=${JSON.stringify(values.HOST)} is not a loopback address: set EIE_API_KEYS_FILE to a file of API keys ` +
        '(see "energy-ingestion-engine keys --help"), or EIE_AUTH=off to let anyone who reaches the port read and write',
    );
  }
  if (values.EIE_AUTH === 'keys' && values.EIE_API_KEYS_FILE === undefined) {
    problems.push('EIE_API_KEYS_FILE must be set when EIE_AUTH=keys');
  }
  if (clearThreshold(values) < values.EIE_LOSS_THRESHOLD) {
    problems.push(
      `EIE_WARNING_CLEAR=${values.EIE_WARNING_CLEAR} must not be below EIE_LOSS_THRESHOLD=${values.EIE_LOSS_THRESHOLD}`,
    );
  }
  if (values.EIE_RETENTION !== Infinity && values.EIE_MAX_AGE === Infinity) {
    problems.push('EIE_RETENTION cannot be set with EIE_MAX_AGE=off: readings too old to be kept would be accepted');
  } else if (values.EIE_RETENTION < values.EIE_MAX_AGE + DAY) {
    problems.push(
      'EIE_RETENTION must be at least EIE_MAX_AGE plus one day: accepted readings must be kept until they are summed',
    );
  }
  return problems;
}

function warningRule(values: Variables): WarningRule {
  return {
    lossThreshold: values.EIE_LOSS_THRESHOLD,
    clearThreshold: clearThreshold(values),
    evaluations: values.EIE_WARNING_EVALUATIONS,
    minAc: values.EIE_WARNING_MIN_KWH,
    minCoverage: values.EIE_WARNING_MIN_COVERAGE,
  };
}

/** By default; a warning that cleared at the threshold itself would flap. */
const CLEAR_ABOVE_THRESHOLD = DEFAULT_WARNING_RULE.clearThreshold - DEFAULT_WARNING_RULE.lossThreshold;

function clearThreshold({ EIE_WARNING_CLEAR, EIE_LOSS_THRESHOLD }: Variables): number {
  return EIE_WARNING_CLEAR ?? Math.min(1, Number((EIE_LOSS_THRESHOLD + CLEAR_ABOVE_THRESHOLD).toFixed(6)));
}

function storeConfig(values: Variables): StoreConfig {
  switch (values.EIE_STORE) {
    case 'memory':
      return { kind: 'memory' };
    case 'sqlite':
      return { kind: 'sqlite', directory: values.EIE_DATA_DIR };
    case 'mongodb':
      return {
        kind: 'mongodb',
        uri: values.MONGODB_URI ?? '',
        database: values.MONGODB_DB,
        liveDocuments: values.EIE_MONGODB_LIVE === 'on',
      };
  }
}
