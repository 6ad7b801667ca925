import { expect, it } from 'vitest';
import { DeviceProgress } from '#adapters/outbound/mongodb/live/device-progress';
import { HOUR, MINUTE } from '#domain/time/time';
import { aMeterReading, aVehicleReading, START } from '#testing/readings';

const at = (minutes: number, deviceId = 'M-1') => aMeterReading({ deviceId, timestamp: START + minutes * MINUTE });

it('assumes that the reading of an unknown device begins an hour, and may already be stored', () => {
  const progress = new DeviceProgress();
  progress.advance([aVehicleReading({ deviceId: 'M-1' })]);

  expect(progress.beginsHour(at(0))).toBe(true);
  expect(progress.mayBeStored(at(0))).toBe(true);
});

it('knows which readings are newer than all committed ones, and which begin an hour', () => {
  const progress = new DeviceProgress();
  progress.advance([at(10), at(5)]);

  expect([at(9), at(10), at(11)].map((reading) => progress.mayBeStored(reading))).toEqual([true, true, false]);
  expect([at(-1), at(0), at(59), at(60)].map((reading) => progress.beginsHour(reading))).toEqual([
    false,
    false,
    false,
    true,
  ]);
});

it('forgets all devices rather than exceed its limit', () => {
  const progress = new DeviceProgress(2);
  progress.advance([at(0, 'M-1'), at(0, 'M-2'), at(0, 'M-3')]);

  expect(progress.beginsHour(at(1, 'M-1'))).toBe(true);
  expect(progress.beginsHour(at(1, 'M-3'))).toBe(false);
  expect(progress.beginsHour({ ...at(0, 'M-3'), timestamp: START + HOUR })).toBe(true);
});
