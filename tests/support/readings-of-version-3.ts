import { expect } from 'vitest';
import type { Logger } from '#application/ports/logger';
import type { TelemetryStore } from '#application/ports/telemetry-store';
import { AuditHistory } from '#application/upkeep/audit-history';
import type { Reading } from '#domain/reading/reading';
import { addDeviceTotals, type DeviceTotals, noDeviceTotals } from '#domain/reading/totals';
import { type Kind, kinds } from '#domain/streams/streams';
import { HOUR, MINUTE, SECOND } from '#domain/time/time';
import { totalsOf } from '#testing/contracts/questions';
import { aMeterReading, aVehicleReading, START } from '#testing/readings';
import { seriesOf } from '#testing/series-of';
import { closeHours, rollupsOf } from '#testing/upkeep';

/** The hour before was dropped; the two hours from here on have readings, and were closed. */
export const HORIZON = START + HOUR;
const HOURS = [START, HORIZON, HORIZON + HOUR] as const;
const ALL = { from: START, to: START + HOURS.length * HOUR };

/** What an engine stored that did not count minutes yet. */
export const readingsOfVersion3: readonly Reading[] = HOURS.flatMap((hour) => [
  ...[0.15, 59.85, 120.15, 179.85].map((second) => aMeterReading({ timestamp: hour + second * SECOND })),
  ...[0, 20, 40, 60, 80].map((second) => aVehicleReading({ timestamp: hour + second * SECOND, kwh: 0.031 })),
  aVehicleReading({ deviceId: 'EV-2', timestamp: hour + 30 * MINUTE, kwh: 0, batteryTemp: 21.5 }),
]);

const DEVICES: readonly [Kind, string][] = [
  ['meter', 'M-1'],
  ['vehicle', 'EV-1'],
  ['vehicle', 'EV-2'],
];

/** Of an hour without readings, minutes are estimated: one for each reading, all active if there was energy. */
function expectedTotals(kind: Kind, deviceId: string, hour: number): DeviceTotals {
  const counted = totalsOf(readingsOfVersion3, kind, deviceId, { from: hour, to: hour + HOUR });
  if (hour >= HORIZON) return counted;
  const { readings, energy } = counted;
  return { ...counted, minutes: readings, shiftedMinutes: readings, activeMinutes: energy > 0 ? readings : 0 };
}

async function expectRightAnswers({ cold }: TelemetryStore): Promise<void> {
  for (const [kind, deviceId] of DEVICES) {
    const byHour = HOURS.map((hour) => expectedTotals(kind, deviceId, hour));
    const all = byHour.reduce(addDeviceTotals, noDeviceTotals(kind));
    for (const [i, hour] of HOURS.entries()) {
      expect(await cold.deviceTotals(kind, deviceId, { from: hour, to: hour + HOUR })).toEqual(byHour[i]);
    }
    expect(await cold.deviceTotals(kind, deviceId, ALL)).toEqual(all);
    expect((await cold.totalsByDevice(kind, ALL)).get(deviceId)).toEqual(all);
    expect(await seriesOf(cold, kind, deviceId, ALL, HOUR)).toHaveLength(HOURS.length);
  }
}

/** Opens the store that holds these readings as an older version left them, and checks that it counts minutes. */
export async function expectUpgrade<Store extends TelemetryStore>(open: (logger: Logger) => Promise<Store>) {
  const logged: unknown[] = [];
  const ignore = () => {};
  const info = (message: string, fields?: object) => void logged.push([message, fields]);
  const logger: Logger = { error: ignore, warn: ignore, info, debug: ignore };
  const message = 'hours closed by an older version will be closed again';
  const said = () => logged.filter((line) => (line as [string])[0] === message);

  const store = await open(logger);
  expect(said()).toEqual([[message, { hours: 2 * kinds.length }]]);
  await expectRightAnswers(store);
  const hours = HOURS.slice(1).flatMap((hour) => kinds.map((kind) => ({ kind, hour })));
  expect(await rollupsOf(store).unclosed(Infinity, 100)).toEqual(hours);
  for (const hour of hours) expect(await rollupsOf(store).closed(hour)).toBeUndefined();

  expect(await closeHours(store)).toBe(hours.length);
  await expectRightAnswers(store);
  for (const hour of hours) {
    expect(await rollupsOf(store).closed(hour)).toEqual(await rollupsOf(store).recount(hour));
  }
  for await (const difference of new AuditHistory(store).audit(ALL)) expect(difference).toBeUndefined();
  await store.close();

  const again = await open(logger);
  expect(said()).toHaveLength(1);
  expect(await rollupsOf(again).unclosed(Infinity, 100)).toEqual([]);
  await expectRightAnswers(again);
  return again;
}
