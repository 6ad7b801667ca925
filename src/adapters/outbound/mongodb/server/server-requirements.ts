import type { Db } from 'mongodb';

const MIN_MAJOR_VERSION = 6;

interface ServerFacts {
  /** For example `6.0.5`. */
  readonly version: string;
  readonly setName?: string;
  /** `isdbgrid` for the router of a sharded cluster. */
  readonly msg?: string;
}

/** Rejects when the server lacks what the engine's guarantees rely on. */
export async function requireSuitableServer(admin: Db): Promise<void> {
  const hello = await admin.command({ hello: 1 });
  const { version } = await admin.command({ buildInfo: 1 });
  const unsuitable = unsuitability({ version, setName: hello.setName, msg: hello.msg });
  if (unsuitable !== undefined) throw new Error(unsuitable);
}

/** Why a server is refused; `undefined` if it is suitable. */
export function unsuitability({ version, setName, msg }: ServerFacts): string | undefined {
  if (!(Number.parseInt(version, 10) >= MIN_MAJOR_VERSION)) {
    return `MongoDB ${version} is too old: the engine needs ${MIN_MAJOR_VERSION}.0 or newer (clustered collections)`;
  }
  if (setName === undefined && msg !== 'isdbgrid') {
    return (
      'this MongoDB is a standalone server, which has no transactions: start it as a replica set, one member is enough' +
      ' (mongod --replSet rs0, then rs.initiate())'
    );
  }
  return undefined;
}
