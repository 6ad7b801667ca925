import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestProject } from 'vitest/node';
import { type Mongod, startMongod } from './mongod.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Address that answers with the URI of the replica set that all tests share, after starting it if necessary. */
    mongodOnDemand?: string;
  }
}

/**
 * Vitest's global setup: offers the test processes a mongod, which starts when the first of them asks for it and stops
 * when all tests have ended. Unit tests are offered none.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  let mongod: Promise<Mongod> | undefined;
  const server = createServer(async (_, response) => {
    try {
      mongod ??= started();
      response.end((await mongod).uri);
    } catch (error) {
      response.writeHead(500).end(error instanceof Error ? error.message : String(error));
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  for (const each of project.vitest.projects) if (each.name !== 'unit') each.provide('mongodOnDemand', url);

  return async () => {
    server.close();
    server.closeAllConnections();
    await (await mongod?.catch(() => undefined))?.stop();
  };
}

async function started(): Promise<Mongod> {
  const mongod = await startMongod();
  process.stderr.write(
    `MongoDB for the tests: ${mongod.program}\n` +
      'All tests take about 5 minutes on two idle cores; npm run test:unit takes seconds and needs no database.\n',
  );
  return mongod;
}
