import type { TestProject } from 'vitest/node';
import { startMongod } from './mongod.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** A replica set that all tests share; each takes databases of its own. */
    mongodbUri: string;
  }
}

/** Gives the tests a replica set: that of `MONGODB_URI`, or one that lives as long as they run. */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const given = process.env.MONGODB_URI;
  if (given) {
    project.provide('mongodbUri', given);
    return undefined;
  }
  const mongod = await startMongod();
  project.provide('mongodbUri', mongod.uri);
  return mongod.stop;
}
