import { describe, expect, it } from 'vitest';
import { DEFAULT_WARNING_RULE } from '#domain/loss-warning';
import { DAY, HOUR, MINUTE, SECOND } from '#domain/time/time';
import type { Config } from '#infrastructure/config';
import { ConfigurationError, readEnvironment } from '#infrastructure/environment';

type Environment = Readonly<Record<string, string | undefined>>;

const DEFAULTS: Config = {
  host: '127.0.0.1',
  port: 3000,
  store: { kind: 'sqlite', directory: './data' },
  logLevel: 'info',
  logFormat: 'auto',
  keyFile: undefined,
  trustedProxies: [],
  corsOrigins: [],
  allowedHosts: undefined,
  connectionsPerAddress: undefined,
  acceptedTime: { maxFuture: 5 * MINUTE, maxAge: 30 * DAY },
  warningRule: DEFAULT_WARNING_RULE,
  trustClock: false,
  retention: undefined,
  workers: 1,
  queueReadings: 50_000,
  bodyLimit: 8 * 1024 * 1024,
};

function problemsOf(environment: Environment): readonly string[] {
  try {
    readEnvironment(environment);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
  return [];
}

describe('the configuration', () => {
  it('has the documented defaults in an empty environment', () => {
    expect(readEnvironment({})).toEqual(DEFAULTS);
  });

  it('ignores variables that are not its own', () => {
    expect(readEnvironment({ PATH: '/bin', HOME: '/root', EIEIO: 'farm', npm_config_port: '1' })).toEqual(DEFAULTS);
  });

  it.each<[string, string, Partial<Config>]>([
    ['PORT', '0', { port: 0 }],
    ['PORT', '65535', { port: 65_535 }],
    ['HOST', 'localhost', { host: 'localhost' }],
    ['HOST', '127.0.0.2', { host: '127.0.0.2' }],
    ['HOST', '::1', { host: '::1' }],
    ['EIE_STORE', 'sqlite', {}],
    ['EIE_STORE', 'memory', { store: { kind: 'memory' } }],
    ['EIE_DATA_DIR', '/var/lib/energy', { store: { kind: 'sqlite', directory: '/var/lib/energy' } }],
    ['MONGODB_URI', 'mongodb://localhost', {}],
    ['MONGODB_DB', 'energy-2', {}],
    ['LOG_LEVEL', 'error', { logLevel: 'error' }],
    ['LOG_LEVEL', 'debug', { logLevel: 'debug' }],
    ['EIE_AUTH', 'off', {}],
    ['LOG_FORMAT', 'json', { logFormat: 'json' }],
    ['LOG_FORMAT', 'pretty', { logFormat: 'pretty' }],
    ['EIE_API_KEYS_FILE', '/etc/keys.json', { keyFile: '/etc/keys.json' }],
    ['EIE_TRUSTED_PROXIES', '10.0.0.0/8, ::1', { trustedProxies: ['10.0.0.0/8', '::1'] }],
    [
      'EIE_CORS_ORIGINS',
      'https://a.example,http://localhost:5173',
      { corsOrigins: ['https://a.example', 'http://localhost:5173'] },
    ],
    ['EIE_CORS_ORIGINS', '*', { corsOrigins: ['*'] }],
    ['EIE_ALLOWED_HOSTS', 'energy.example,[2001:db8::1]', { allowedHosts: ['energy.example', '[2001:db8::1]'] }],
    ['EIE_CONNECTIONS_PER_ADDRESS', '500', { connectionsPerAddress: 500 }],
    ['EIE_MAX_FUTURE', '90s', { acceptedTime: { ...DEFAULTS.acceptedTime, maxFuture: 90 * SECOND } }],
    ['EIE_MAX_FUTURE', 'off', { acceptedTime: { ...DEFAULTS.acceptedTime, maxFuture: Infinity } }],
    ['EIE_MAX_AGE', '1h', { acceptedTime: { ...DEFAULTS.acceptedTime, maxAge: HOUR } }],
    ['EIE_MAX_AGE', 'off', { acceptedTime: { ...DEFAULTS.acceptedTime, maxAge: Infinity } }],
    ['EIE_CLOCK', 'checked', {}],
    ['EIE_CLOCK', 'trusted', { trustClock: true }],
    ['EIE_QUEUE_READINGS', '1', { queueReadings: 1 }],
    ['EIE_QUEUE_READINGS', '10000000', { queueReadings: 10_000_000 }],
    ['EIE_BODY_LIMIT', '1000', { bodyLimit: 1000 }],
    ['EIE_BODY_LIMIT', '500KiB', { bodyLimit: 500 * 1024 }],
    ['EIE_BODY_LIMIT', '16 MiB', { bodyLimit: 16 * 1024 * 1024 }],
    ['EIE_RETENTION', 'keep', {}],
    ['EIE_RETENTION', '90d', { retention: 90 * DAY }],
    ['EIE_WORKERS', '1', {}],
    ['EIE_WARNING_CLEAR', '0.9', { warningRule: { ...DEFAULT_WARNING_RULE, clearThreshold: 0.9 } }],
    ['EIE_WARNING_EVALUATIONS', '3', { warningRule: { ...DEFAULT_WARNING_RULE, evaluations: 3 } }],
    ['EIE_WARNING_MIN_KWH', '0.5', { warningRule: { ...DEFAULT_WARNING_RULE, minAc: 500_000 } }],
    ['EIE_WARNING_MIN_COVERAGE', '0.8', { warningRule: { ...DEFAULT_WARNING_RULE, minCoverage: 0.8 } }],
  ])('accepts %s=%s', (name, value, change) => {
    expect(readEnvironment({ [name]: value })).toEqual({ ...DEFAULTS, ...change });
  });

  it.each([
    ['0.9', 0.9, 0.92],
    ['.5', 0.5, 0.52],
    ['1', 1, 1],
  ])(
    'uses EIE_LOSS_THRESHOLD=%s for losses and for opening warnings, which clear above it',
    (given, threshold, clear) => {
      const { warningRule } = readEnvironment({ EIE_LOSS_THRESHOLD: given });

      expect(warningRule.lossThreshold).toBe(threshold);
      expect(warningRule.clearThreshold).toBeCloseTo(clear);
    },
  );

  it('reads the address and database of MongoDB', () => {
    const environment = { EIE_STORE: 'mongodb', MONGODB_URI: 'mongodb+srv://cluster.example', MONGODB_DB: 'site_7' };

    expect(readEnvironment(environment).store).toEqual({
      kind: 'mongodb',
      uri: 'mongodb+srv://cluster.example',
      database: 'site_7',
      liveDocuments: true,
    });
    expect(readEnvironment({ ...environment, EIE_MONGODB_LIVE: 'off' }).store).toMatchObject({ liveDocuments: false });
    expect(readEnvironment({ ...environment, MONGODB_DB: undefined }).store).toMatchObject({ database: 'energy' });
  });

  it.each(['0.0.0.0', '::', '192.168.1.7', 'energy.example', '127.0.0.1.example'])(
    'listens on %s, which others can reach, only with keys or EIE_AUTH=off',
    (host) => {
      expect(readEnvironment({ HOST: host, EIE_API_KEYS_FILE: 'keys.json' }).keyFile).toBe('keys.json');
      expect(problemsOf({ HOST: host })).toEqual([expect.stringContaining('EIE_AUTH=off')]);
      expect(readEnvironment({ HOST: host, EIE_AUTH: 'off' }).host).toBe(host);
    },
  );
});

const KNOWN = {
  PORT: ['seventy', '-1', '65536', '80.5', '1e3', ' 80', '0x50'],
  HOST: [],
  EIE_STORE: ['postgres', 'SQLite', 'sqlite '],
  EIE_DATA_DIR: [],
  MONGODB_URI: ['localhost:27017', 'http://localhost', ' mongodb://localhost'],
  MONGODB_DB: ['a b', 'a.b', 'a/b', 'x'.repeat(39)],
  EIE_MONGODB_LIVE: ['true', 'ON', '5s'],
  LOG_LEVEL: ['verbose', 'INFO'],
  LOG_FORMAT: ['text', 'JSON'],
  EIE_AUTH: ['on', 'false'],
  EIE_CORS_ORIGINS: ['example.com', 'https://a.example/', 'https://a.example/path', 'null', 'https://*.example'],
  EIE_ALLOWED_HOSTS: ['energy.example:3000', 'http://energy.example', 'a b'],
  EIE_TRUSTED_PROXIES: ['proxy.example', '10.0.0.0/33'],
  EIE_CONNECTIONS_PER_ADDRESS: ['0', 'many'],
  EIE_LOSS_THRESHOLD: ['much', '0', '0.0', '1.01', '-0.5', '85%', '1e-1', 'NaN', 'Infinity'],
  EIE_MAX_FUTURE: ['5', '5 m', '-5m', '0m', 'never', '1w'],
  EIE_MAX_AGE: ['30', '1.5d', 'OFF', '0s', 'month'],
  EIE_QUEUE_READINGS: ['0', '-1', '1.5', '10000001', 'many'],
  EIE_BODY_LIMIT: ['0', '-1', '8MB', '1.5MiB', '1GiB', 'big'],
} satisfies Record<string, readonly string[]>;

describe('API keys', () => {
  it('are off with EIE_AUTH=off, whatever file is named, and need one with EIE_AUTH=keys', () => {
    expect(readEnvironment({ EIE_AUTH: 'off', EIE_API_KEYS_FILE: 'keys.json' }).keyFile).toBeUndefined();
    expect(readEnvironment({ EIE_AUTH: 'keys', EIE_API_KEYS_FILE: 'keys.json' }).keyFile).toBe('keys.json');
    expect(problemsOf({ EIE_AUTH: 'keys' })).toEqual([expect.stringContaining('EIE_API_KEYS_FILE')]);
  });
});

describe('an invalid value', () => {
  it.each(Object.entries(KNOWN).flatMap(([name, values]) => values.map((value) => [name, value])))(
    'is refused by the name of its variable: %s=%s',
    (name = '', value = '') => {
      const problems = problemsOf({ [name]: value });

      expect(problems).toHaveLength(1);
      expect(problems[0]).toMatch(new RegExp(`^${name}\\b.* must be`));
    },
  );

  it.each(Object.entries(KNOWN).filter(([name]) => name !== 'MONGODB_URI'))(
    'is quoted as it was given: %s',
    (name, values) => {
      for (const value of values)
        expect(problemsOf({ [name]: value })[0]).toContain(`${name}=${JSON.stringify(value)} `);
    },
  );

  it('is not quoted when it may contain a password', () => {
    const error = catching(() => readEnvironment({ MONGODB_URI: 'mongo://admin:geheim@db.example/energy' }));

    expect(error.message).toContain('MONGODB_URI must begin with mongodb://');
    expect(JSON.stringify(error) + error.message + error.stack).not.toContain('geheim');
  });

  it('does not hide another one: all are reported at once', () => {
    expect(problemsOf({ PORT: 'x', EIE_MAX_AGE: 'y', EIE_COLOUR: 'red' })).toEqual([
      'EIE_COLOUR is not a known setting',
      'PORT="x" must be a whole number from 0 to 65535',
      'EIE_MAX_AGE="y" must be a duration such as 90s, 5m, 24h or 30d, or "off"',
    ]);
  });
});

describe('an empty value', () => {
  it.each(Object.keys(KNOWN))('counts as not set: %s', (name) => {
    expect(readEnvironment({ [name]: '' })).toEqual(DEFAULTS);
  });
});

describe('an unknown name that begins with EIE_', () => {
  it.each(['EIE_NO_SUCH_THING', 'EIE_store', 'EIE_', 'EIE_PORT', 'EIE_toString'])('is refused: %s', (name) => {
    expect(problemsOf({ [name]: '1' })).toEqual([`${name} is not a known setting`]);
  });

  it('is refused even when it is empty, without its value when it has one', () => {
    expect(problemsOf({ EIE_MAX_AGES: '' })).toEqual(['EIE_MAX_AGES is not a known setting']);
    expect(problemsOf({ EIE_PASSWORD: 'geheim' })[0]).not.toContain('geheim');
  });
});

describe('a MongoDB store', () => {
  it.each([undefined, ''])('requires an address (%j)', (uri) => {
    expect(problemsOf({ EIE_STORE: 'mongodb', MONGODB_URI: uri })).toEqual([
      'MONGODB_URI must be set when EIE_STORE=mongodb',
    ]);
  });
});

function catching(act: () => unknown): Error {
  try {
    act();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
}
