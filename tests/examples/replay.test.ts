import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { ServiceProcess } from '#tests/support/service-process';
import { temporaryDirectory } from '#tests/support/temporary-directory';

const ROOT = resolve(import.meta.dirname, '../..');
const HOUSEHOLD = 'examples/data/household-meter-2007-02-01.csv';

/** Runs the example as its README says. */
function replay(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((done) => {
    execFile(process.execPath, ['examples/replay.ts', ...args], { cwd: ROOT }, (error, stdout, stderr) => {
      done({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

describe('the replay example', () => {
  let engine: ServiceProcess;
  beforeEach(async () => {
    engine = await ServiceProcess.start({ EIE_STORE: 'memory', EIE_MAX_AGE: 'off' });
  });
  afterEach(() => engine.stop());

  it('sends two real days of a meter and prints their energy, to the milliwatt-hour', async () => {
    expect(await replay('--url', engine.url, '--file', HOUSEHOLD, '--meter', 'M-1')).toEqual({
      code: 0,
      stderr: '',
      stdout: [
        'sent 2880 readings in 6 requests: 2880 stored, 0 duplicates',
        '2007-02-01  30.412675 kWh AC from 1440 readings  0 kWh DC from 0 readings',
        '2007-02-02  27.795598 kWh AC from 1440 readings  0 kWh DC from 0 readings',
        '',
      ].join('\n'),
    });
  });

  it('prints the same energy for what was sent shuffled, twice over, by four clients', async () => {
    const how = ['--shuffle', '42', '--batch', '37', '--times', '2', '--clients', '4'];
    const { stdout } = await replay('--url', engine.url, '--file', HOUSEHOLD, '--meter', 'M-1', ...how);

    expect(stdout).toContain('sent 5760 readings in 156 requests: 2880 stored, 2880 duplicates');
    expect(stdout).toContain('2007-02-01  30.412675 kWh AC from 1440 readings');
    expect(stdout).toContain('2007-02-02  27.795598 kWh AC from 1440 readings');
  });

  it('takes the fields of a vehicle from the header', async () => {
    const file = join(temporaryDirectory(), 'vehicle.csv');
    writeFileSync(
      file,
      'soc,timestamp,kwhDeliveredDc,batteryTemp\r\n50,2026-01-01T23:59:00Z,0.1,25\r\n51,2026-01-02T00:00:00Z,0.2,26\r\n',
    );

    const { stdout } = await replay('--url', engine.url, '--file', file, '--vehicle', 'EV-1');

    expect(stdout.split('\n')).toEqual([
      'sent 2 readings in 1 requests: 2 stored, 0 duplicates',
      '2026-01-01  0 kWh AC from 0 readings  0.1 kWh DC from 1 readings',
      '2026-01-02  0 kWh AC from 0 readings  0.2 kWh DC from 1 readings',
      '',
    ]);
  });

  it('stops at a batch that is not accepted and says why', async () => {
    const { code, stderr } = await replay('--url', engine.url, '--file', HOUSEHOLD, '--meter', 'not an id');

    expect(code).toBe(1);
    expect(stderr).toContain('422');
    expect(stderr).toContain('invalid-id');
  });
});

describe('the replay example, with wrong arguments', () => {
  it.each([
    [2, '--file is required', []],
    [2, 'exactly one of --meter and --vehicle', ['--file', HOUSEHOLD]],
    [2, 'exactly one of --meter and --vehicle', ['--file', HOUSEHOLD, '--meter', 'M', '--vehicle', 'V']],
    [2, '--batch must be a whole number from 1', ['--file', HOUSEHOLD, '--meter', 'M', '--batch', '0']],
    [2, '--times must be a whole number from 1', ['--file', HOUSEHOLD, '--meter', 'M', '--times', 'twice']],
    [2, "Unknown option '--speed'", ['--file', HOUSEHOLD, '--meter', 'M', '--speed', '2']],
    [1, 'no such file', ['--file', 'nowhere.csv', '--meter', 'M']],
    [1, 'the header has no timestamp column', ['--file', 'LICENSE', '--meter', 'M']],
    [1, 'ECONNREFUSED', ['--file', HOUSEHOLD, '--meter', 'M', '--url', 'http://127.0.0.1:2']],
  ])('ends with code %i and says "%s"', async (expected, words, args) => {
    const { code, stdout, stderr } = await replay(...args);

    expect({ code, stdout }).toEqual({ code: expected, stdout: '' });
    expect(stderr).toContain(words);
  });
});

describe('the replay example and an engine that is overloaded', () => {
  it('sends a batch again after Retry-After, until it is taken', async () => {
    const bodies: string[] = [];
    const answers = [503, 503, 200];
    const answer = (response: ServerResponse, status: number, value: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json', ...(status === 503 && { 'retry-after': '0' }) });
      response.end(JSON.stringify(value));
    };
    const server = createServer(async (request, response) => {
      if (request.method === 'GET') {
        answer(response, 200, { acConsumedKwh: 0, dcDeliveredKwh: 0, readings: { meter: 0, vehicle: 0 } });
        return;
      }
      bodies.push((await request.setEncoding('utf8').toArray()).join(''));
      answer(response, answers.shift() ?? 500, { stored: 2880, duplicates: 0 });
    }).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

    const { code, stdout } = await replay('--url', url, '--file', HOUSEHOLD, '--meter', 'M-1', '--batch', '5000');

    expect(code).toBe(0);
    expect(stdout).toContain('in 1 requests: 2880 stored');
    expect(bodies).toHaveLength(3);
    expect(new Set(bodies).size).toBe(1);
  });
});
