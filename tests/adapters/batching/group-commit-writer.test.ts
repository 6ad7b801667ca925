import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type GroupCommitLimits, GroupCommitWriter } from '#adapters/outbound/batching/group-commit-writer';
import { createMemoryStore } from '#adapters/outbound/memory/memory-store';
import { OverloadedError, StoreUnavailableError } from '#application/errors';
import type { CommitOptions, TelemetryWriter } from '#application/ports/telemetry-writer';
import type { CommitOutcome } from '#domain/reading/ingest-outcome';
import type { Reading } from '#domain/reading/reading';
import { aMeterReading, START } from '#testing/readings';

/** The shipped memory writer behind a gate: commits wait until the test lets them through or fails them. */
class GatedWriter implements TelemetryWriter {
  readonly #memory = createMemoryStore().writer;
  readonly commits: { readings: number; atomic: boolean }[] = [];
  readonly #gates: PromiseWithResolvers<void>[] = [];
  maxGroupWhenBusy?: number;
  maxOvertaken?: number;
  open = false;

  async commit(readings: readonly Reading[], options?: CommitOptions): Promise<readonly CommitOutcome[]> {
    this.commits.push({ readings: readings.length, atomic: options?.atomic ?? false });
    if (!this.open) {
      const gate = Promise.withResolvers<void>();
      this.#gates.push(gate);
      await gate.promise;
    }
    return this.#memory.commit(readings, options);
  }

  /** Lets one of the waiting commits through, by default the oldest. */
  letThrough(index = 0): void {
    this.#gates.splice(index, 1)[0]?.resolve();
  }

  fail(error: Error): void {
    this.#gates.shift()?.reject(error);
  }
}

const given = (limits: Partial<GroupCommitLimits> = {}) => {
  const store = new GatedWriter();
  return { store, writer: new GroupCommitWriter(store, { commitsInFlight: 1, ...limits }) };
};
let minute = 0;
const readings = (count: number) =>
  Array.from({ length: count }, () => aMeterReading({ timestamp: START + minute++ * 60_000 }));
const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
/** Lets everything that is due happen: timers, and the immediates they set. */
const turn = async () => {
  await sleep(5);
  await new Promise(setImmediate);
};
/** A commit of a thousand readings that takes the store at least this many milliseconds. */
const commitWithin = async (milliseconds: number, store: GatedWriter, writer: GroupCommitWriter) => {
  const before = store.commits.length;
  const commit = writer.commit(readings(1000));
  while (store.commits.length === before) await turn(); // from then on it takes time
  await sleep(milliseconds);
  store.letThrough();
  await commit;
};

describe('the group commit writer', () => {
  it('commits at once when idle, and collects requests that arrive meanwhile in the next commit', async () => {
    const { store, writer } = given();

    const first = writer.commit(readings(1));
    await turn();
    const others = [writer.commit(readings(1)), writer.commit(readings(2)), writer.commit(readings(3))];
    await turn();
    expect(store.commits).toEqual([{ readings: 1, atomic: false }]);
    store.letThrough();
    await first;
    store.letThrough();

    expect((await Promise.all(others)).map((outcomes) => outcomes.length)).toEqual([1, 2, 3]);
    expect(store.commits.map((commit) => commit.readings)).toEqual([1, 6]);
  });

  it('answers each request with the outcomes of its own readings', async () => {
    const { store, writer } = given();
    store.open = true;
    const [a, b] = readings(2) as [Reading, Reading];

    const answers = await Promise.all([writer.commit([a]), writer.commit([b, a]), writer.commit([b])]);

    expect(answers.map((outcomes) => outcomes.map(({ status }) => status))).toEqual([
      ['stored'],
      ['stored', 'duplicate'],
      ['duplicate'],
    ]);
    expect(store.commits).toHaveLength(1);
  });

  it('keeps groups to their size, and takes a larger request as one commit', async () => {
    const { store, writer } = given({ groupReadings: 10 });
    store.open = true;

    await Promise.all([25, 4, 4, 4, 10].map((count) => writer.commit(readings(count))));

    expect(store.commits.map((commit) => commit.readings)).toEqual([25, 8, 4, 10]);
  });

  it('splits a long queue among the commits in flight, up to the largest group that the store takes when busy', async () => {
    const { store, writer } = given({ groupReadings: 10, commitsInFlight: 2 });
    store.maxGroupWhenBusy = 30;
    const sizes = () => store.commits.map((commit) => commit.readings);

    const all = Promise.all(Array.from({ length: 50 }, () => writer.commit(readings(2))));
    await turn();
    expect(sizes()).toEqual([30, 30]); // of 100, and not 50 each
    store.open = true;
    store.letThrough();
    store.letThrough();
    await all;

    expect(sizes()).toEqual([30, 30, 20, 10, 10]);
  });

  it('hands the store commits up to its limit of commits in flight', async () => {
    const { store, writer } = given({ groupReadings: 1, commitsInFlight: 2 });

    const all = Promise.all([1, 1, 1].map((count) => writer.commit(readings(count))));
    await turn();
    expect(store.commits).toHaveLength(2);
    store.letThrough();
    await turn();
    expect(store.commits).toHaveLength(3);
    store.letThrough();
    store.letThrough();
    await all;
  });

  it('gives an atomic request a commit of its own', async () => {
    const { store, writer } = given();
    store.open = true;

    await Promise.all([
      writer.commit(readings(1)),
      writer.commit(readings(2), { atomic: true }),
      writer.commit(readings(3)),
      writer.commit(readings(4)),
    ]);

    expect(store.commits).toEqual([
      { readings: 1, atomic: false },
      { readings: 2, atomic: true },
      { readings: 7, atomic: false },
    ]);
  });

  it.each([
    ['readings', { queueReadings: 10 }],
    ['bytes', { queueBytes: 10 * 163 }],
  ])('refuses a request that exceeds its queue of %s, keeps nothing of it, and recovers', async (_, limits) => {
    const { store, writer } = given(limits);
    const accepted = [writer.commit(readings(4)), writer.commit(readings(6))];
    const refused = readings(1);

    await expect(writer.commit(refused)).rejects.toThrow(OverloadedError);
    await turn();
    store.open = true;
    store.letThrough();
    await Promise.all(accepted);

    expect(await writer.commit(refused)).toEqual([{ status: 'stored' }]);
  });

  it('accepts a request larger than its queue when nothing else waits: a retry must be able to succeed', async () => {
    const { store, writer } = given({ queueReadings: 10 });
    store.open = true;

    expect(await writer.commit(readings(11))).toHaveLength(11);
  });

  it('accepts what a slow store can take soon, and refuses more', async () => {
    const { store, writer } = given({ maxWait: 100 });
    await commitWithin(50, store, writer);

    const accepted = [1, 2, 3, 4].map(() => writer.commit(readings(5000)));
    await expect(writer.commit(readings(1))).rejects.toBeInstanceOf(OverloadedError);

    store.open = true;
    store.letThrough();
    expect((await Promise.all(accepted)).flat()).toHaveLength(20_000);
    expect(await writer.commit(readings(1))).toHaveLength(1);
  });

  it('does not assume that an unknown store is fast', async () => {
    const { store, writer } = given({ maxWait: 60_000 }); // fast enough, however slow this machine is
    const accepted = [1, 2, 3, 4].map(() => writer.commit(readings(5000)));
    await expect(writer.commit(readings(1))).rejects.toBeInstanceOf(OverloadedError);

    store.open = true;
    await turn();
    store.letThrough();
    expect((await Promise.all(accepted)).flat()).toHaveLength(20_000);
    expect(await Promise.all([1, 2, 3, 4, 5].map(() => writer.commit(readings(5000))))).toHaveLength(5);
  });

  it('does not consider a store fast after a single fast commit', async () => {
    const { store, writer } = given({ maxWait: 1_000 });
    await commitWithin(50, store, writer);
    await commitWithin(5, store, writer);

    // 1,000 in 50 ms are 20,000 in a second, and a little more for the fast one.
    const accepted = [1, 2, 3, 4].map(() => writer.commit(readings(5000)));
    await expect(writer.commit(readings(5000))).rejects.toBeInstanceOf(OverloadedError);

    store.open = true;
    store.letThrough();
    expect((await Promise.all(accepted)).flat()).toHaveLength(20_000);
  });

  it('reports in advance what it would refuse', async () => {
    const { store, writer } = given({ queueReadings: 10 });
    expect(writer.hasRoomFor(11)).toBe(true);

    const accepted = writer.commit(readings(8));
    expect([1, 2, 3].map((count) => writer.hasRoomFor(count))).toEqual([true, true, false]);

    store.open = true;
    store.letThrough();
    await accepted;
  });

  it('fails the requests of a failed commit and no others', async () => {
    const { store, writer } = given();
    const first = writer.commit(readings(1));
    await turn();
    const second = writer.commit(readings(1));
    store.fail(new StoreUnavailableError('the disk is full'));

    await expect(first).rejects.toThrow('the disk is full');
    await turn();
    store.letThrough();
    expect(await second).toEqual([{ status: 'stored' }]);
  });

  it('gives up on a store that does not answer, in flight and waiting, and sends it nothing more', async () => {
    const { store, writer } = given({ timeout: 100 });
    const stuck = [writer.commit(readings(1)), turn().then(() => writer.commit(readings(1)))];

    const outcomes = await Promise.allSettled(stuck);

    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(outcomes.every((o) => o.status === 'rejected' && o.reason instanceof StoreUnavailableError)).toBe(true);
    expect(store.commits).toHaveLength(1);
    store.letThrough();
    await turn();
    store.open = true;
    expect(await writer.commit(readings(1))).toEqual([{ status: 'stored' }]);
  });

  it('rejects each request when its own time is over', async () => {
    const { writer } = given({ timeout: 1_000 });
    const order: string[] = [];
    const request = async (name: string) => {
      const begin = performance.now();
      await writer.commit(readings(1)).catch(() => order.push(name));
      return performance.now() - begin;
    };
    const note = (name: string, milliseconds: number) => sleep(milliseconds).then(() => order.push(name));

    const first = request('in flight');
    await sleep(20);
    await Promise.all([first, request('waiting'), note('50 ms later', 1_050)]);

    expect(order).toEqual(['in flight', 'waiting', '50 ms later']);
    expect(await first).toBeGreaterThanOrEqual(999);
  });

  it('lets commits overtake those that take unusually long, as many as the store declares', async () => {
    const { store, writer } = given({ overtakeAfter: 30 });
    store.maxOvertaken = 2;
    const answered: number[] = [];
    const commits = [0, 1, 2, 3].map((n) => writer.commit(readings(1), { atomic: true }).then(() => answered.push(n)));

    while (store.commits.length < 3) await turn(); // two are overtaken, and one has the only place
    await sleep(60);
    expect(store.commits).toHaveLength(3);
    store.letThrough(2);
    while (store.commits.length < 4) await turn();
    expect(answered).toEqual([2]);

    store.open = true;
    store.letThrough();
    store.letThrough();
    store.letThrough();
    await Promise.all(commits);
  });

  it('overtakes also when the time for it comes while the writer is looking at what is due', async () => {
    let now = performance.now();
    let step = 5; // from one look at the clock to the next, in a slow process
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => (now += step));
    onTestFinished(() => clock.mockRestore());

    for (; step <= 15; step++) {
      const { store, writer } = given({ overtakeAfter: 30 });
      store.maxOvertaken = 1;
      const commits = Promise.all([0, 1].map(() => writer.commit(readings(1), { atomic: true })));
      await vi.waitFor(() => expect(store.commits).toHaveLength(2), { timeout: 3_000 });

      store.letThrough();
      store.letThrough();
      await commits;
    }
  });

  it('keeps the order of commits in a store that makes one after another, however long they take', async () => {
    const { store, writer } = given({ overtakeAfter: 10 });
    const commits = [writer.commit(readings(1)), turn().then(() => writer.commit(readings(1)))];

    await sleep(50);
    expect(store.commits).toHaveLength(1);

    store.open = true;
    store.letThrough();
    await Promise.all(commits);
  });

  it('drains: every accepted request is answered first', async () => {
    const { store, writer } = given();
    await writer.drain(); // nothing to wait for
    let answered = 0;
    const all = [1, 2].map((count) => writer.commit(readings(count)).then(() => answered++));
    await turn();
    store.open = true;
    store.letThrough();

    await writer.drain();
    await turn();

    expect(answered).toBe(2);
    await Promise.all(all);
  });
});
