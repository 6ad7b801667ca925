import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
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

const VERSION = '9.1.0';
const CACHE = join(import.meta.dirname, '../../node_modules/.cache/bench');
const JAR = join(CACHE, `questdb-${VERSION}.jar`);

/** QuestDB, started from its Maven artifact with its defaults, over line protocol on HTTP. */
export const questDb: Candidate = {
  name: 'questdb',
  label: 'QuestDB',
  durability: 'answers without a sync; no duplicate detection unless a table asks for it, no live state, no totals',
  capabilities: ['single', 'batch'],
  warmUpSeconds: 4,

  async find() {
    if ((await versionOf('java', ['-version'])) === undefined) {
      return { missing: 'java is not installed (Debian package openjdk-17-jre-headless)' };
    }
    if (!existsSync(JAR) && !(await download())) {
      return { missing: `org.questdb:questdb:${VERSION} could not be had with mvn (Debian package maven)` };
    }
    return { version: `QuestDB ${VERSION}` };
  },

  async start(parentDir) {
    const dir = await workDir(parentDir);
    const port = await freePort();
    const child = await Child.start({
      file: 'java',
      args: ['-p', JAR, '-m', 'io.questdb/io.questdb.ServerMain', '-d', dir.path, '-n'],
      env: {
        QDB_HTTP_NET_BIND_TO: `127.0.0.1:${port}`,
        QDB_HTTP_NET_CONNECTION_LIMIT: '1024', // the default of 256 is one less than the load and its checks need
        QDB_HTTP_MIN_ENABLED: 'false',
        QDB_LINE_TCP_ENABLED: 'false',
        QDB_PG_ENABLED: 'false',
        QDB_TELEMETRY_ENABLED: 'false',
        QDB_LOG_W_STDOUT_LEVEL: 'ERROR,CRITICAL',
      },
      dir: dir.path,
    });
    await child.ready(() => getJson(port, `/exec?query=${encodeURIComponent('select 1')}`));
    return {
      port,
      pid: child.pid,
      lanes: async (plan, options) => httpLanes(port, plan, lineProtocol('/write?precision=ms'), options),
      async countReadings() {
        const count = async (table: string) => {
          const path = `/exec?query=${encodeURIComponent(`select count() from ${table}`)}`;
          const found = (await getJson(port, path).catch(() => undefined)) as Answer | undefined;
          return found?.dataset[0]?.[0] ?? 0;
        };
        return (await count('meter')) + (await count('vehicle'));
      },
      diskBytes: () => directoryBytes(dir.path),
      async stop() {
        await child.stop();
        await dir.release();
      },
    };
  },
};

interface Answer {
  readonly dataset: readonly (readonly number[])[];
}

/** Whether the artifact is available. Maven caches it, so that it is downloaded once. */
async function download(): Promise<boolean> {
  await mkdir(CACHE, { recursive: true });
  const artifact = `org.questdb:questdb:${VERSION}`;
  await versionOf('mvn', ['-q', 'dependency:copy', `-Dartifact=${artifact}`, `-DoutputDirectory=${CACHE}`]);
  return existsSync(JAR);
}
