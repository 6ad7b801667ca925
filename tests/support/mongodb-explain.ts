import type { Db, Document } from 'mongodb';

/** What the server did for one or more statements. */
interface Statistics {
  readonly documents: number;
  /** The bottom of each plan: `CLUSTERED_IXSCAN`, `IDHACK`, `COLLSCAN`. */
  readonly scans: readonly string[];
}

/** What the server did for the reads of a database, and the number of statements. */
export interface Examined extends Statistics {
  readonly statements: number;
}

const PLAIN_COMMAND = [
  'find',
  'aggregate',
  'filter',
  'pipeline',
  'cursor',
  'projection',
  'sort',
  'limit',
  'singleBatch',
];

/**
 * Runs `reads`, takes the commands from the server's profiler, and has each explained. The parts of a union are explained
 * one by one: neither the profiler nor an explanation of the whole counts them correctly.
 */
export async function examined(db: Db, reads: () => Promise<unknown>): Promise<Examined> {
  await db.command({ profile: 2 });
  await reads();
  await db.command({ profile: 0 });
  const profile = db.collection<{ op: string; command: Document }>('system.profile');
  const commands = await profile.find({ $or: [{ op: 'query' }, { 'command.aggregate': { $exists: true } }] }).toArray();
  await profile.drop();
  const found: Statistics[] = [];
  for (const { command } of commands) {
    const plain = Object.fromEntries(Object.entries(command).filter(([name]) => PLAIN_COMMAND.includes(name)));
    for (const part of partsOf(plain)) {
      found.push(planStatistics(await db.command({ explain: part, verbosity: 'executionStats' })));
    }
  }
  return {
    statements: commands.length,
    documents: found.reduce((sum, { documents }) => sum + documents, 0),
    scans: [...new Set(found.flatMap(({ scans }) => scans))],
  };
}

function partsOf(command: Document): Document[] {
  if (command.pipeline === undefined) return [command];
  const stages: Document[] = command.pipeline;
  const firstUnion = stages.findIndex((stage) => '$unionWith' in stage);
  const own = { ...command, pipeline: firstUnion === -1 ? stages : stages.slice(0, firstUnion) };
  const others = stages.flatMap(({ $unionWith: union }) =>
    union === undefined ? [] : partsOf({ aggregate: union.coll, pipeline: union.pipeline, cursor: {} }),
  );
  return [own, ...others];
}

function planStatistics(explanation: unknown): Statistics {
  let documents = 0;
  const scans: string[] = [];
  const visit = (node: unknown, name?: string): void => {
    if (node === null || typeof node !== 'object') return;
    const { totalDocsExamined, stage, inputStage } = node as Document;
    if (typeof totalDocsExamined === 'number') documents += totalDocsExamined;
    if (typeof stage === 'string' && inputStage === undefined && name !== 'rejectedPlans') scans.push(stage);
    for (const [key, child] of Object.entries(node)) visit(child, key);
  };
  visit(explanation);
  return { documents, scans };
}
