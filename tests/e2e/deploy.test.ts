import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type PanelQuery, panelsOf, queriesOf, withValues } from '#tests/support/grafana-board';
import { Prometheus, prometheusIsInstalled, promtool } from '#tests/support/prometheus';
import { ServiceProcess } from '#tests/support/service-process';
import { temporaryDirectory } from '#tests/support/temporary-directory';
import { mongodb } from './support/stores.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const CONFIG = 'deploy/prometheus/prometheus.yml';
const ALERTS = 'deploy/prometheus/alerts.yml';
const ALERT_TESTS = 'deploy/prometheus/alerts.test.yml';
const BOARD = 'deploy/grafana/energy-ingestion-engine.json';

/** What is 0 on an engine that is not in trouble, nor busy at that moment. */
const ZERO_WHEN_ALL_IS_WELL = [
  'eie_clock_in_doubt',
  'eie_commits_failed_total',
  'eie_rollups_pending',
  'eie_http_connections_refused_total',
  'eie_live_projection_lag_seconds',
  'eie_queue_readings',
  'eie_queue_refused_requests_total',
  'eie_warnings_open',
];
const WORKERS = 2;
const UNACCOUNTED = 'sum(eie_readings_received_total) - sum(eie_readings_total)';

const reason = prometheusIsInstalled ? '' : ' (skipped: prometheus is not installed)';

async function anEngine(environment: Readonly<Record<string, string>>): Promise<ServiceProcess> {
  const service = await ServiceProcess.start({ EIE_AUTH: 'off', ...environment });
  onTestFinished(async () => {
    await service.stop();
  });
  return service;
}

async function scrape({ url }: ServiceProcess): Promise<string> {
  const response = await fetch(`${url}/metrics`);
  expect(response.status).toBe(200);
  return response.text();
}

const post = (url: string, body: string, type = 'application/json') =>
  fetch(`${url}/v1/ingest`, { method: 'POST', headers: { 'content-type': type }, body });

/** Readings with every outcome, and requests that are refused. No two calls send the same new readings. */
async function everythingThatCanHappen(url: string): Promise<void> {
  const timestamp = new Date().toISOString();
  const meter = { meterId: 'M-1', kwhConsumedAc: 0.2, voltage: 230, timestamp };
  const vehicle = { vehicleId: 'EV-1', kwhDeliveredDc: 0.1, soc: 50, batteryTemp: 30, timestamp };
  const stored = JSON.stringify([meter, vehicle]);
  await post(url, stored);
  await post(url, stored);
  await post(url, JSON.stringify([{ ...meter, kwhConsumedAc: 0.3 }, { ...vehicle, soc: 400 }, { kwh: 1 }]));
  await post(url, '[{');
  await post(url, stored, 'text/plain');
  for (const path of ['/v1/meters/M-1/live', '/v1/analytics/fleet', '/v1/nothing']) await fetch(url + path);
}

describe('the files for Prometheus and Grafana', () => {
  it('name no metric that the engine does not have', async () => {
    const service = await anEngine({ EIE_STORE: 'memory' });
    const types = [...(await scrape(service)).matchAll(/^# TYPE (\w+) (\w+)$/gm)];
    const known = types.flatMap(([, name = '', type]) =>
      type === 'histogram' ? ['bucket', 'sum', 'count'].map((part) => `${name}_${part}`) : [name],
    );

    for (const file of [ALERTS, ALERT_TESTS, BOARD]) {
      const named = new Set(read(file).match(/\b(?:eie|process|nodejs)_[a-z_]+/g));
      expect(named.size, file).toBeGreaterThan(10);
      expect(
        [...named].filter((name) => !known.includes(name)),
        file,
      ).toEqual([]);
    }
  });

  it('show every metric that the engine has on the board', async () => {
    const service = await anEngine({ EIE_STORE: 'memory' });
    const names = [...(await scrape(service)).matchAll(/^# TYPE (\w+) /gm)].map(([, name = '']) => name);
    const board = read(BOARD);
    expect(names.filter((name) => !board.includes(name))).toEqual([]);
  });

  it('explain every panel', () => {
    for (const { title, description } of panelsOf(read(BOARD))) expect(description, title).toMatch(/^[A-Z].+\.$/);
  });

  it('refer to places of the documentation that exist', () => {
    const anchors = [...read('docs/operations.md').matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^a-z0-9 -]/g, '')
        .replaceAll(' ', '-'),
    );
    const rules = read(ALERTS).match(/^ +- alert: /gm) ?? [];
    const runbooks = [...read(ALERTS).matchAll(/runbook: docs\/operations\.md#(\S+)$/gm)].map(([, anchor]) => anchor);
    expect(rules.length).toBeGreaterThan(10);
    expect(runbooks).toHaveLength(rules.length);
    expect(runbooks.filter((anchor) => !anchors.includes(anchor ?? ''))).toEqual([]);
  });

  it('have a test of every alert', () => {
    const tests = read(ALERT_TESTS);
    const alerts = [...read(ALERTS).matchAll(/- alert: (\w+)/g)].map(([, name = '']) => name);
    expect(alerts.filter((name) => !tests.includes(name))).toEqual([]);
  });

  it('publish ports on the loopback interface only', () => {
    const ports = globSync('{,deploy/}docker-compose*.yml', { cwd: ROOT }).flatMap(
      (file) => read(file).match(/^ +- "?[\d.:]+:\d+"?$/gm) ?? [],
    );
    expect(ports.length).toBeGreaterThan(2);
    expect(ports.filter((port) => !/"127\.0\.0\.1:\d+:\d+"/.test(port))).toEqual([]);
  });

  it.skipIf(!prometheusIsInstalled)(`are accepted by promtool${reason}`, () => {
    const directory = temporaryDirectory();
    const key = join(directory, 'engine-key');
    const withKey = read(CONFIG)
      .replace(/# (authorization:\n +)# ( +credentials_file: ).+/, `$1$2${key}`)
      .replace('alerts.yml', join(ROOT, ALERTS));
    writeFileSync(key, 'a key');
    writeFileSync(join(directory, 'with-key.yml'), withKey);

    expect(promtool(['check', 'rules', '--lint=all', '--lint-fatal', join(ROOT, ALERTS)])).toMatchObject({ code: 0 });
    expect(promtool(['test', 'rules', join(ROOT, ALERT_TESTS)])).toMatchObject({ code: 0 });
    expect(promtool(['check', 'config', '--lint=all', '--lint-fatal', join(ROOT, CONFIG)])).toMatchObject({ code: 0 });
    expect(withKey).toContain(`credentials_file: ${key}`);
    expect(promtool(['check', 'config', join(directory, 'with-key.yml')])).toMatchObject({ code: 0 });
  });
});

describe('the metrics', () => {
  it('show what the process uses', async () => {
    const service = await anEngine({ EIE_STORE: 'memory' });
    const values = [...(await scrape(service)).matchAll(/^((?:process|nodejs)_\w+) (.+)$/gm)];

    expect(values.length).toBeGreaterThan(5);
    for (const [, name, value] of values) expect(Number(value), name).toBeGreaterThan(0);
  });

  it.skipIf(!prometheusIsInstalled)(`follow the rules of Prometheus for names and units${reason}`, async () => {
    const service = await anEngine({ EIE_STORE: 'memory' });
    await everythingThatCanHappen(service.url);

    expect(promtool(['check', 'metrics'], await scrape(service))).toEqual({ code: 0, output: '' });
  });

  it.skipIf(!prometheusIsInstalled)(`fill every panel of the board, from all workers${reason}`, async () => {
    const under = mongodb();
    onTestFinished(() => under.remove());
    const service = await anEngine({ ...under.environment, EIE_WORKERS: String(WORKERS) });
    const config = read(CONFIG)
      .replaceAll(/1[05]s/g, '1s')
      .replace('engine:3000', new URL(service.url).host);
    const prometheus = await Prometheus.start({ 'prometheus.yml': config, 'alerts.yml': read(ALERTS) });
    const values = { job: 'energy-ingestion-engine', instance: '.+', __rate_interval: '10s', __range: '1m' };
    const isShown = async ({ query, labels }: PanelQuery): Promise<boolean> => {
      const mayBeZero = query.includes(' - sum(') || ZERO_WHEN_ALL_IS_WELL.some((metric) => query.includes(metric));
      const samples = await prometheus.query(withValues(query, values));
      return samples.some(
        (sample) =>
          Number.isFinite(sample.value) &&
          (sample.value !== 0 || mayBeZero) &&
          labels.every((label) => label in sample.labels),
      );
    };

    let unseen = queriesOf(read(BOARD));
    const fill = async () => {
      await everythingThatCanHappen(service.url);
      const shown = await Promise.all(unseen.map(isShown));
      unseen = unseen.filter((_, index) => !shown[index]);
      return unseen;
    };

    expect(unseen.length).toBeGreaterThan(30);
    await expect.poll(fill, { timeout: 60_000 }).toEqual([]);
    expect(await prometheus.query(UNACCOUNTED)).toMatchObject([{ value: 0 }]);
    await expect.poll(() => prometheus.query('eie_store_up')).toHaveLength(WORKERS);
    await expect.poll(async () => (await prometheus.rules()).filter(({ health }) => health !== 'ok')).toEqual([]);
    expect(promtool(['check', 'metrics'], await scrape(service))).toEqual({ code: 0, output: '' });
  });
});
