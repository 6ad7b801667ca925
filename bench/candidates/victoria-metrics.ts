import { lineProtocol } from '../load/encoding.ts';
import { httpLanes } from '../load/http-lanes.ts';
import { Child } from '../support/child.ts';
import { directoryBytes } from '../support/disk.ts';
import { freePort } from '../support/free-port.ts';
import { getJson } from '../support/http.ts';
import { versionOf } from '../support/program.ts';
import { workDir } from '../support/work-dir.ts';
import type { Candidate } from './candidate.ts';

const PROGRAM = 'victoria-metrics';

/** VictoriaMetrics, single node, over its InfluxDB line protocol: a reading becomes two or three samples. */
export const victoriaMetrics: Candidate = {
  name: 'victoriametrics',
  label: 'VictoriaMetrics',
  durability: 'answers before the data are on disk; no duplicate detection, no live state, no totals',
  capabilities: ['single', 'batch'],

  async find() {
    const version = await versionOf(PROGRAM, ['-version']);
    return version !== undefined
      ? { version: version || (await packageVersion()) }
      : { missing: `${PROGRAM} is not installed (Debian package victoria-metrics)` };
  },

  async start(parentDir) {
    const dir = await workDir(parentDir);
    const port = await freePort();
    const child = await Child.start({
      file: PROGRAM,
      args: [
        `-storageDataPath=${dir.path}/data`,
        `-httpListenAddr=127.0.0.1:${port}`,
        '-retentionPeriod=100y',
        '-loggerLevel=WARN',
      ],
      dir: dir.path,
    });
    await child.ready(() => fetch(`http://127.0.0.1:${port}/health`));
    return {
      port,
      pid: child.pid,
      lanes: async (plan, options) => httpLanes(port, plan, lineProtocol('/write?precision=ms'), options),
      async countReadings() {
        await fetch(`http://127.0.0.1:${port}/internal/force_flush`);
        const query = 'sum(count_over_time({__name__=~"meter_voltage|vehicle_soc"}[10y]))';
        const at = Math.floor(Date.now() / 1000);
        const found = (await getJson(port, `/api/v1/query?time=${at}&query=${encodeURIComponent(query)}`)) as Answer;
        return Number(found.data.result[0]?.value[1] ?? 0);
      },
      diskBytes: () => directoryBytes(dir.path),
      async stop() {
        await child.stop();
        await dir.release();
      },
    };
  },
};

/** Debian's build does not report its own version. */
async function packageVersion(): Promise<string> {
  return (await versionOf('dpkg-query', ['-W', PROGRAM]))?.replace('\t', ' ') ?? 'of unknown version';
}

interface Answer {
  readonly data: { readonly result: readonly { readonly value: readonly [number, string] }[] };
}
