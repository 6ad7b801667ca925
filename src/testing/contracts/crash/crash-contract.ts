import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { TelemetryStore } from '#application/ports/telemetry-store';
import { type Reading, readingKey, sameValues } from '#domain/reading/reading';
import { addFleetTotals, deviceTotalsOf, fleetTotalsOf, noFleetTotals } from '#domain/reading/totals';
import { kinds } from '#domain/streams/streams';
import { DAY } from '#domain/time/time';
import type { TimeWindow } from '#domain/time/time-window';
import { ensure, equal } from '../../assertions.ts';
import { START } from '../../readings.ts';
import type { StoreUnderTest } from '../../store-under-test.ts';
import { suite } from '../../suite.ts';
import type { TestFunctions } from '../../test-functions.ts';
import { CRASH_DEVICES, crashBatch } from './crash-batches.ts';

export interface CrashOptions {
  /**
   * A module, as JavaScript or as TypeScript that Node runs, whose export `open` opens the store at a place, like
   * `StoreUnderTest.open`. A process of its own imports it and is killed.
   */
  readonly module: URL;
  /** How many times a process is killed. 5 by default. */
  readonly kills?: number;
}

const EVERYTHING: TimeWindow = { from: START - DAY, to: START + 365 * DAY };
/** Acknowledged commits after which a process is killed, in turns: early, in the middle, and well under way. */
const ACKNOWLEDGED = [1, 10, 60, 3, 150];

/**
 * Kills processes with SIGKILL while they commit, and checks what is left: every acknowledged reading is in the history
 * with its values, nothing else is, each commit is there as a whole or not at all, and totals and live state say the
 * same as the history. A store that is not durable is reported as skipped.
 */
export function telemetryCrashContract(
  test: TestFunctions,
  subject: StoreUnderTest<TelemetryStore>,
  { module, kills = 5 }: CrashOptions,
): void {
  suite(test, subject, 'a process that is killed', (it) => {
    it(
      `loses no acknowledged reading and leaves no half of a commit, ${kills} times in a row`,
      async (empty, again, place) => {
        await empty.close();
        const acknowledged = new Set<number>();
        let first = 0;
        for (let kill = 0; kill < kills; kill++) {
          const wanted = ACKNOWLEDGED[kill % ACKNOWLEDGED.length] as number;
          for (const number of await commitAndKill(module, place, first, wanted)) acknowledged.add(number);
          first = Math.max(...acknowledged) + 10; // numbers in flight may or may not be stored
          const store = await again();
          await check(store, acknowledged, first);
          await store.close();
        }
      },
      ['durable'],
    );
  });
}

/** Resolves with the numbers that a process acknowledged before it was killed. */
async function commitAndKill(module: URL, place: string, first: number, wanted: number): Promise<readonly number[]> {
  // This module and the program are TypeScript in the repository, JavaScript in the package.
  const program = fileURLToPath(new URL(`./crash-process${import.meta.url.slice(-3)}`, import.meta.url));
  const child = spawn(process.execPath, [program, module.href, place, `${first}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const numbers: number[] = [];
  for await (const line of createInterface(child.stdout)) {
    numbers.push(Number(line));
    if (numbers.length === wanted) child.kill('SIGKILL');
  }
  const [code] = await exited;
  ensure(numbers.length >= wanted, `the process ended with code ${code} after ${numbers.length} commits`);
  return numbers;
}

async function check(store: TelemetryStore, acknowledged: ReadonlySet<number>, end: number): Promise<void> {
  const stored = new Map<string, Reading>();
  for (const kind of kinds) {
    for (const deviceId of CRASH_DEVICES) {
      const history = await store.cold.history(kind, deviceId, EVERYTHING, { limit: 1_000_000 });
      for (const reading of history) stored.set(readingKey(reading), reading);
      equal(await store.hot.newest(kind, deviceId), history.at(-1), `live state of ${kind} ${deviceId}`);
      const totals = deviceTotalsOf(kind, history);
      equal(await store.cold.deviceTotals(kind, deviceId, EVERYTHING), totals, `totals of ${kind} ${deviceId}`);
    }
  }

  let expected = 0;
  for (let number = 0; number < end; number++) {
    const batch = crashBatch(number);
    const found = batch.map((reading) => ({ reading, stored: stored.get(readingKey(reading)) }));
    const kept = found.filter((one) => one.stored !== undefined && sameValues(one.stored, one.reading)).length;
    if (acknowledged.has(number))
      ensure(kept === batch.length, `${batch.length - kept} acknowledged readings are lost`);
    ensure(kept === 0 || kept === batch.length, `only ${kept} of the ${batch.length} readings of a commit are stored`);
    expected += kept;
  }
  equal(stored.size, expected, 'readings in the history, and those of them that were sent');

  const totals = [...stored.values()].map(fleetTotalsOf).reduce(addFleetTotals, noFleetTotals());
  equal(await store.cold.fleetTotals(EVERYTHING), totals, 'fleet totals');
}
