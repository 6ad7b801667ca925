import { inject } from 'vitest';

/**
 * The URI of the replica set that all tests share: the one that `MONGODB_URI` names, or else one of the tests' own. It is
 * started when the first test file imports this module, so only files that test on MongoDB may do so.
 */
export const replicaSetUri: string = process.env.MONGODB_URI || (await startedOnDemand());

async function startedOnDemand(): Promise<string> {
  const url = inject('mongodOnDemand');
  if (url === undefined)
    throw new Error('a unit test has no database: list this file under STORES in vitest.config.ts');
  const response = await fetch(url);
  const text = await response.text();
  if (!response.ok) throw new Error(text);
  return text;
}
