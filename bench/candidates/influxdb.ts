import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { lineProtocol } from '../load/encoding.ts';
import { httpLanes } from '../load/http-lanes.ts';
import { Child } from '../support/child.ts';
import { directoryBytes } from '../support/disk.ts';
import { freePort } from '../support/free-port.ts';
import { getJson } from '../support/http.ts';
import { versionOf } from '../support/program.ts';
import { workDir } from '../support/work-dir.ts';
import type { Candidate } from './candidate.ts';

const INFLUX_DATABASE = 'bench';

/** InfluxDB 1.x with its defaults except for logging; these include a synced write-ahead log. */
export const influxDb: Candidate = {
  name: 'influxdb',
  label: 'InfluxDB',
  durability:
    'synced write-ahead log; no duplicate detection (the last write of a point wins), no live state, no totals',
  capabilities: ['single', 'batch'],

  async find() {
    const version = await versionOf('influxd', ['version']);
    return version ? { version } : { missing: 'influxd is not installed (Debian package influxdb)' };
  },

  async start(parentDir) {
    const dir = await workDir(parentDir);
    const port = await freePort();
    const configFile = join(dir.path, 'influxdb.conf');
    await writeFile(configFile, config(dir.path, port, await freePort()));
    const child = await Child.start({ file: 'influxd', args: ['-config', configFile], dir: dir.path });
    await child.ready(() => getJson(port, '/ping'));
    await fetch(`http://127.0.0.1:${port}/query?q=CREATE+DATABASE+${INFLUX_DATABASE}`, { method: 'POST' });
    return {
      port,
      pid: child.pid,
      lanes: async (plan, options) =>
        httpLanes(port, plan, lineProtocol(`/write?db=${INFLUX_DATABASE}&precision=ms`), options),
      async countReadings() {
        const count = async (query: string) => {
          const found = (await getJson(port, influxQuery(query))) as InfluxAnswer;
          return found.results[0]?.series?.[0]?.values[0]?.[1] ?? 0;
        };
        return (await count('SELECT count(voltage) FROM meter')) + (await count('SELECT count(soc) FROM vehicle'));
      },
      diskBytes: () => directoryBytes(dir.path),
      async stop() {
        await child.stop();
        await dir.release();
      },
    };
  },
};

/** The part of the answer of `/query` that is used here. */
export interface InfluxAnswer {
  readonly results: readonly { readonly series?: readonly { readonly values: readonly (readonly number[])[] }[] }[];
}

export function influxQuery(query: string): string {
  return `/query?db=${INFLUX_DATABASE}&epoch=ms&q=${encodeURIComponent(query)}`;
}

function config(dir: string, httpPort: number, rpcPort: number): string {
  return `
reporting-disabled = true
bind-address = "127.0.0.1:${rpcPort}"
[meta]
  dir = "${dir}/meta"
[data]
  dir = "${dir}/data"
  wal-dir = "${dir}/wal"
  query-log-enabled = false
[monitor]
  store-enabled = false
[http]
  bind-address = "127.0.0.1:${httpPort}"
  log-enabled = false
[ifql]
  enabled = false
[logging]
  level = "warn"
`;
}
