import { isDeepStrictEqual } from 'node:util';
import { expect } from 'vitest';
import type { EngineStore } from '#application/ports/engine-store';
import type { LiveReadings } from '#application/ports/hot-store';
import { kwhFromMilliwattHours } from '#domain/energy/energy';
import type { Reading } from '#domain/reading/reading';
import type { DeviceTotals } from '#domain/reading/totals';
import { type Kind, kinds, streams } from '#domain/streams/streams';
import type { TimeWindow } from '#domain/time/time-window';
import { openStore } from '#infrastructure/open-store';
import { noLog } from '#tests/support/no-log';
import { identity, type SentReading } from './load.ts';
import type { StoreUnderTest } from './stores.ts';

const PAGE = 1000;

/**
 * Opens a store whose service has ended, reads a window of whole hours, and expects consistency: no reading twice, the
 * live state is the newest of the history, and every total is the sum of the history. Returns the stored readings in the
 * form they were sent, by identity.
 */
export async function expectConsistentStore(
  { config }: Pick<StoreUnderTest, 'config'>,
  window: TimeWindow,
): Promise<Map<string, SentReading>> {
  const store = await openStore(config, { logger: noLog });
  try {
    const { devices, fleet, hours } = await contentsAtRest(store, window);
    for (const { newest, history, totals } of devices) {
      expect(newest, 'the live state is the newest reading').toEqual(history.at(-1));
      expect(totals).toMatchObject(totalOf(history));
    }
    const readings = devices.flatMap(({ history }) => history);
    for (const kind of kinds) {
      const total = totalOf(readings.filter((reading) => reading.kind === kind));
      expect(fleet[kind]).toEqual(total);
      expect(hours.reduce((sum, hour) => sum + hour.totals[kind].energy, 0)).toBe(total.energy);
      expect(hours.reduce((sum, hour) => sum + hour.totals[kind].readings, 0)).toBe(total.readings);
    }
    const sent = readings.map(asSent);
    const byIdentity = new Map(sent.map((reading) => [identity(reading), reading]));
    expect(byIdentity.size, 'a reading is stored twice').toBe(sent.length);
    return byIdentity;
  } finally {
    await store.close();
  }
}

/**
 * The contents of the store, read in many steps during which nothing changed. A commit that had reached the server when
 * its process was killed may become visible some time later; every commit changes the fleet's totals, which shows it.
 */
async function contentsAtRest(store: EngineStore, window: TimeWindow) {
  for (;;) {
    const before = await store.cold.fleetTotals(window);
    const devices = (await Promise.all(kinds.map((kind) => devicesOf(store, kind, window)))).flat();
    const hours = await store.cold.fleetHours(window);
    const fleet = await store.cold.fleetTotals(window);
    if (isDeepStrictEqual(before, fleet)) return { devices, fleet, hours };
  }
}

async function devicesOf(store: EngineStore, kind: Kind, window: TimeWindow) {
  const devices: { newest: Reading; history: Reading[]; totals: DeviceTotals }[] = [];
  for (let after: string | null = ''; after !== null; ) {
    const { readings, next }: LiveReadings = await store.hot.page(kind, { limit: PAGE, after });
    for (const newest of readings) {
      const history = await historyOf(store, kind, newest.deviceId, window);
      devices.push({ newest, history, totals: await store.cold.deviceTotals(kind, newest.deviceId, window) });
    }
    after = next;
  }
  return devices;
}

async function historyOf(store: EngineStore, kind: Kind, deviceId: string, window: TimeWindow): Promise<Reading[]> {
  const all: Reading[] = [];
  for (;;) {
    const after = all.at(-1)?.timestamp;
    const page = await store.cold.history(kind, deviceId, window, {
      limit: PAGE,
      ...(after !== undefined && { after }),
    });
    all.push(...page);
    if (page.length < PAGE) return all;
  }
}

function totalOf(readings: readonly Reading[]) {
  return { energy: readings.reduce((sum, { energy }) => sum + energy, 0), readings: readings.length };
}

function asSent({ kind, deviceId, timestamp, energy, receivedAt: _, ...measured }: Reading): SentReading {
  const { idField, energyField } = streams[kind];
  const time = new Date(timestamp).toISOString();
  return { [idField]: deviceId, [energyField]: kwhFromMilliwattHours(energy), ...measured, timestamp: time };
}
