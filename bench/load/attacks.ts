import { almostCompleteSender, deafReader, HOSTILE_BODIES, poster, reader, stalledSender } from './attackers.ts';

const STALLED_SENDERS = 200;
const LARGE_BODY = 8 * 1024 * 1024 - 1;
export const FEW_DEVICES = 10_000;

/** What the four clients ask for, over and over: no filter lets a device pass, so a page examines as many as it may. */
const WORST_READS = [
  '/v1/meters/live?limit=1&stale=false',
  '/v1/vehicles/live?limit=1&stale=false',
  '/v1/vehicles/live?limit=1000&stale=true',
  '/v1/analytics/fleet?window=3650d&resolution=hour',
];

export interface Attack {
  /** Devices that have sent a reading before. */
  readonly devices: number;
  /** Begins what lasts until the process ends. */
  begin(port: number): void;
}

export const attacks: Readonly<Record<string, Attack>> = {
  'stalled senders and worst reads': {
    devices: 400_000,
    begin(port) {
      times(STALLED_SENDERS, () => stalledSender(port));
      for (const path of WORST_READS) void reader(port, path);
    },
  },
  'bodies that stall at their last byte': {
    devices: FEW_DEVICES,
    begin(port) {
      times(90, () => almostCompleteSender(port, '/v1/links', LARGE_BODY));
      times(20, () => almostCompleteSender(port, '/v1/ingest', LARGE_BODY));
    },
  },
  'bodies that are refused late': { devices: FEW_DEVICES, begin: hostilePosters },
  'batches without a valid reading': {
    devices: FEW_DEVICES,
    begin: (port) =>
      times(12, () => poster(port, '/v1/ingest?results=all', 'application/json', HOSTILE_BODIES.invalidReadings)),
  },
  'answers that nobody reads': {
    devices: FEW_DEVICES,
    begin: (port) => times(14, () => deafReader(port, '/v1/meters/live?limit=1000', 900)),
  },
};

/** The names of the attacks; the case without one is called `before` the attack. */
export const ATTACKS = Object.keys(attacks);

function hostilePosters(port: number): void {
  const { nested, manyMembers, emptyLines, quotes } = HOSTILE_BODIES;
  const json = 'application/json';
  poster(port, '/v1/ingest', json, nested, 'gzip');
  poster(port, '/v1/ingest', json, manyMembers);
  poster(port, '/v1/ingest', 'application/x-ndjson', emptyLines, 'gzip');
  times(2, () => poster(port, '/v1/links', 'text/csv', quotes));
}

function times(count: number, begin: () => void): void {
  for (let i = 0; i < count; i++) begin();
}
