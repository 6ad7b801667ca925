import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { openSqliteStore } from '#adapters/outbound/sqlite/sqlite-store';
import type { EngineStore } from '#application/ports/engine-store';
import { AuditHistory, type Difference } from '#application/upkeep/audit-history';
import { DAY, HOUR, MINUTE } from '#domain/time/time';
import type { TimeWindow } from '#domain/time/time-window';
import { aMeterReading, aVehicleReading, START } from '#testing/readings';
import { closeHours, retentionOf, rollupsOf } from '#testing/upkeep';
import { stores } from '#tests/support/stores';
import { temporaryDirectory } from '#tests/support/temporary-directory';

const WINDOW = { from: START + MINUTE, to: START + 3 * HOUR };
const readings = Array.from({ length: 180 }, (_, minute) => {
  const timestamp = START + minute * MINUTE;
  return [
    aVehicleReading({ timestamp }),
    aVehicleReading({ timestamp, deviceId: 'EV-2' }),
    aMeterReading({ timestamp }),
  ];
}).flat();

async function differencesIn(store: Pick<EngineStore, 'cold' | 'upkeep'>): Promise<Difference[]> {
  const found: Difference[] = [];
  for await (const difference of new AuditHistory(store).audit(WINDOW)) found.push(difference);
  return found;
}

describe.each(stores)('an audit on $name', ({ open }) => {
  it('returns what it compared', async () => {
    const store = await open();
    await store.writer.commit(readings);
    const comparedIn = async (window: TimeWindow) => {
      const found = new AuditHistory(store).audit(window);
      return (await found.next()).value as unknown;
    };
    const isKept = store.upkeep.rollups !== undefined;

    await closeHours(store, START + 2 * HOUR);
    expect(await comparedIn(WINDOW)).toMatchObject({
      meter: { hours: 3, readings: 180, devices: 1, unclosed: isKept ? 1 : 0, dropped: 0 },
      vehicle: { hours: 3, readings: 360, devices: 2, unclosed: isKept ? 1 : 0, dropped: 0 },
    });
    await retentionOf(store).dropBefore(START + HOUR);
    expect(await comparedIn(WINDOW)).toMatchObject({ meter: { hours: 3, readings: 180, dropped: 1 } });
    expect(await comparedIn({ from: START - DAY, to: START })).toMatchObject({ meter: { hours: 0, readings: 0 } });
  });

  it('finds no difference, whether hours are closed, out of date or dropped', async () => {
    const store = await open();
    await store.writer.commit(readings);
    expect(await differencesIn(store)).toEqual([]);
    await closeHours(store);
    expect(await differencesIn(store)).toEqual([]);
    await store.writer.commit([aVehicleReading({ timestamp: START + HOUR + 1, kwh: 7 })]);
    expect(await differencesIn(store)).toEqual([]);
    await closeHours(store);
    await retentionOf(store).dropBefore(START + 2 * HOUR);
    expect(await differencesIn(store)).toEqual([]);
  });

  it('does not report history that is dropped meanwhile', async () => {
    const store = await open();
    await store.writer.commit(readings);
    await closeHours(store);
    const retention = {
      ...port(retentionOf(store), 'dropBefore'),
      horizon: async () => {
        const horizon = await retentionOf(store).horizon();
        await retentionOf(store).dropBefore(START + 2 * HOUR);
        return horizon;
      },
    };

    expect(await differencesIn({ cold: store.cold, upkeep: { ...store.upkeep, retention } })).toEqual([]);
  });

  it('reports the wrong sums of the fleet', async () => {
    const { cold, upkeep, writer } = await open();
    await writer.commit(readings);
    const wrong = {
      upkeep,
      cold: {
        ...port(cold, 'history', 'deviceTotals', 'seriesByDevice', 'totalsByDevice', 'fleetTotals'),
        fleetHours: async (window: Parameters<typeof cold.fleetHours>[0]) =>
          (await cold.fleetHours(window)).map(({ hour, totals }) => ({
            hour,
            totals: hour === START + HOUR ? { ...totals, meter: { energy: 1, readings: 60 } } : totals,
          })),
      },
    };

    expect(await differencesIn(wrong)).toEqual([
      {
        hour: START + HOUR,
        kind: 'meter',
        sum: 'fleet-hour',
        counted: { energy: 6_000_000, readings: 60 },
        stored: { energy: 1, readings: 60 },
      },
    ]);
  });
});

const withRollups = stores.filter(({ name }) => name !== 'memory');

describe.each(withRollups)('an audit on $name, which keeps hourly sums', ({ open }) => {
  it('reports the wrong sums of a device', async () => {
    const store = await open();
    await store.writer.commit(readings);
    await closeHours(store);
    const rollups = rollupsOf(store);
    const wrong = {
      cold: store.cold,
      upkeep: {
        ...store.upkeep,
        rollups: {
          ...port(rollups, 'unclosed', 'close', 'recount'),
          closed: async (hour: Parameters<typeof rollups.closed>[0]) => {
            const sums = new Map(await rollups.closed(hour));
            if (hour.kind === 'vehicle' && hour.hour === START) sums.delete('EV-2');
            return sums;
          },
        },
      },
    };

    const minutes = { minutes: 60, shiftedMinutes: 60, activeMinutes: 60 };
    const counted = { energy: 60 * 80_000, readings: 60, ...minutes, sums: { batteryTemp: 60 * 25_000_000 } };
    expect(await differencesIn(wrong)).toEqual([
      { hour: START, kind: 'vehicle', sum: 'device-hour', deviceId: 'EV-2', counted, stored: undefined },
    ]);
  });

  it('does not report a reading that arrives meanwhile', async () => {
    const store = await open();
    await store.writer.commit(readings);
    const rollups = rollupsOf(store);
    let late: Promise<unknown> | undefined;
    const arriving = {
      cold: store.cold,
      upkeep: {
        ...store.upkeep,
        rollups: {
          ...port(rollups, 'unclosed', 'close', 'closed'),
          recount: async (hour: Parameters<typeof rollups.recount>[0]) => {
            late ??= store.writer.commit([aMeterReading({ timestamp: START + 1 })]);
            await late;
            return rollups.recount(hour);
          },
        },
      },
    };
    expect(await differencesIn(arriving)).toEqual([]);
  });
});

/** Some methods of a port, as an object. */
function port<T extends object, K extends keyof T>(of: T, ...names: K[]): Pick<T, K> {
  return Object.fromEntries(
    names.map((name) => [name, (of[name] as (...args: unknown[]) => unknown).bind(of)]),
  ) as Pick<T, K>;
}

describe('npm run audit', () => {
  const root = dirname(dirname(import.meta.dirname));
  const run = promisify(execFile);
  const audit = async (directory: string, ...args: string[]) =>
    run(process.execPath, [join(root, 'scripts/audit.ts'), ...args], {
      cwd: root,
      env: { PATH: process.env.PATH, EIE_DATA_DIR: directory },
    }).then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      ({ code, stdout, stderr }) => ({ code, stdout, stderr }) as { code: number; stdout: string; stderr: string },
    );
  const iso = (time: number) => new Date(time).toISOString();
  const window = ['--from', iso(START), '--to', iso(START + DAY)];

  it('exits with 0 beside a running engine, and with 1 and a list of differences', async () => {
    const directory = temporaryDirectory();
    const store = await openSqliteStore({ directory });
    await store.writer.commit(readings);
    await closeHours(store);
    const { stdout: agreed, ...rest } = await audit(directory, ...window);
    expect(rest).toEqual({ code: 0, stderr: '' });
    expect(agreed.split('\n')).toEqual([
      `auditing the SQLite store in ${directory} from ${iso(START)} to ${iso(START + DAY)}`,
      'meter: 3 hours, 180 readings, 1 device',
      'vehicle: 3 hours, 360 readings, 2 devices',
      'no differences',
      '',
    ]);
    await store.close();

    const database = new DatabaseSync(join(directory, 'energy.db'));
    database.exec('UPDATE vehicle_hours SET energy = energy + 1 WHERE hour = (SELECT MIN(hour) FROM vehicle_hours)');
    database.exec(
      'UPDATE fleet_minutes SET energy = energy + 1 WHERE stream = (SELECT MIN(stream) FROM fleet_minutes)',
    );
    database.close();

    const { code, stdout } = await audit(directory, ...window);
    const lines = stdout.trimEnd().split('\n');
    expect(code).toBe(1);
    expect(lines[1]).toMatch(/^2026-01-15T12:00:00.000Z meter fleet-minutes: counted .*, stored /);
    const minutes = { minutes: 60, shiftedMinutes: 60, activeMinutes: 60 };
    const counts = { readings: 60, ...minutes, sums: { batteryTemp: 1_500_000_000 } };
    expect(lines[2]).toBe(
      `2026-01-15T12:00:00.000Z vehicle device-hour EV-1: counted ${JSON.stringify({ energy: 4_800_000, ...counts })}, ` +
        `stored ${JSON.stringify({ energy: 4_800_001, ...counts })}`,
    );
    expect(lines.at(-1)).toBe('differences: 5'); // two devices of an hour, the meters' minutes of three
  });

  it('exits with 2 when there is nothing to compare', async () => {
    const directory = temporaryDirectory();
    const store = await openSqliteStore({ directory });
    await store.writer.commit(readings);
    await store.close();

    const { code, stdout } = await audit(directory, '--from', iso(START - DAY), '--to', iso(START));
    expect({ code, lines: stdout.split('\n').slice(1, -1) }).toEqual({
      code: 2,
      lines: [
        'meter: 0 hours, 0 readings, 0 devices',
        'vehicle: 0 hours, 0 readings, 0 devices',
        expect.stringContaining('nothing to compare'),
      ],
    });
  });

  it('says which hours are not closed', async () => {
    const directory = temporaryDirectory();
    const store = await openSqliteStore({ directory });
    await store.writer.commit(readings);
    await closeHours(store, START + HOUR);
    await store.close();

    const { code, stdout } = await audit(directory, ...window);
    expect({ code, meter: stdout.split('\n')[1] }).toEqual({
      code: 0,
      meter: "meter: 3 hours, 180 readings, 1 device; 2 hours not closed: only the fleet's sums were compared",
    });
  });

  it.each([
    ['no options', []],
    ['no end', ['--from', iso(START)]],
    ['an invalid time', ['--from', 'yesterday', '--to', iso(START)]],
    ['an empty window', ['--from', iso(START), '--to', iso(START)]],
    ['an unknown option', [...window, '--quick']],
  ])('exits with 2 for %s', async (_, args) => {
    const { code, stderr } = await audit(temporaryDirectory(), ...args);
    expect(code).toBe(2);
    expect(stderr).toContain('usage: npm run audit');
  });

  it('exits with 2 when there is no store', async () => {
    const { code, stderr } = await audit(join(temporaryDirectory(), 'nowhere'), ...window);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining('failed to open the SQLite store in'),
    });
  });
});
