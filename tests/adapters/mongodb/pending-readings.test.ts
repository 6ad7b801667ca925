import { expect, it } from 'vitest';
import { PendingReadings } from '#adapters/outbound/mongodb/live/pending-readings';
import { MINUTE } from '#domain/time/time';
import { aMeterReading, aVehicleReading, START } from '#testing/readings';

const at = (deviceId: string, minutes = 0) => aMeterReading({ deviceId, timestamp: START + minutes * MINUTE });

it('keeps the newest reading of each device, whatever their order', () => {
  const pending = new PendingReadings();
  pending.add([at('M-1', 1), at('M-1', 2), at('M-1', 0), aVehicleReading({ deviceId: 'M-1' })]);
  pending.add([at('M-1', 1)]);

  expect(pending.first('meter', 10)).toEqual([at('M-1', 2)]);
  expect(pending.first('vehicle', 10)).toEqual([aVehicleReading({ deviceId: 'M-1' })]);
});

it('keeps readings until they are written', () => {
  const pending = new PendingReadings();
  pending.add([at('M-1')]);

  expect(pending.first('meter', 10)).toEqual(pending.first('meter', 10));
  expect(pending.isEmpty).toBe(false);
  pending.written(pending.first('meter', 10));
  expect(pending.first('meter', 10)).toEqual([]);
  expect(pending.isEmpty).toBe(true);
});

it('queues a device that sent again while it was written behind the others', () => {
  const pending = new PendingReadings();
  pending.add([at('M-1'), at('M-2'), at('M-3')]);
  const written = pending.first('meter', 1);
  pending.add([at('M-1', 1), at('M-2', 1)]);
  pending.written(written);

  expect(pending.first('meter', 2)).toEqual([at('M-2', 1), at('M-3')]);
  expect(pending.first('meter', 3)[2]).toEqual(at('M-1', 1));
});

it('has room for a number of devices per stream, and reports when there is none', () => {
  const pending = new PendingReadings(2);

  expect(pending.add([at('M-1'), at('M-2'), aVehicleReading()])).toBe(true);
  expect(pending.add([at('M-3'), at('M-1', 1)])).toBe(false);
  expect(pending.first('meter', 10)).toEqual([at('M-1', 1), at('M-2')]);
  pending.written(pending.first('meter', 1));
  expect(pending.add([at('M-3')])).toBe(true);
});
