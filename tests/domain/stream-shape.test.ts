import { describe, expect, it } from 'vitest';
import { type StreamShape, shapeDifference, streamShape } from '#domain/streams/stream-shape';
import { vehicleStream } from '#domain/streams/vehicle-stream';

const vehicles = streamShape(vehicleStream);

describe('the shape of a stream', () => {
  it('is the names that its stored data depend on', () => {
    expect(vehicles).toEqual({
      idField: 'vehicleId',
      energyField: 'kwhDeliveredDc',
      measured: ['soc', 'batteryTemp'],
      averaged: ['batteryTemp'],
    });
  });

  it.each<[string, Partial<StreamShape>]>([
    ['the same', vehicles],
    ['the same in another order', { ...vehicles, measured: ['batteryTemp', 'soc'] }],
    ['not known', {}],
  ])('fits data whose shape is %s', (_, stored) => {
    expect(shapeDifference('vehicle', stored, vehicles)).toBeUndefined();
  });

  it.each<[string, Partial<StreamShape>, string]>([
    [
      'a field fewer',
      { measured: ['soc'] },
      'have measured fields soc, but this engine defines measured fields batteryTemp, soc',
    ],
    ['a field more', { measured: ['range', 'soc', 'batteryTemp'] }, 'measured fields batteryTemp, range, soc, but'],
    [
      'other averages',
      { averaged: [] },
      'have averaged fields (none), but this engine defines averaged fields batteryTemp',
    ],
    ['another id field', { idField: 'carId' }, 'have id field carId, but this engine defines id field vehicleId'],
    [
      'another energy field',
      { energyField: 'kwh' },
      'have energy field kwh, but this engine defines energy field kwhDeliveredDc',
    ],
    [
      'several differences',
      { ...vehicles, idField: 'carId', averaged: ['soc'] },
      'have id field carId; averaged fields soc, but this engine defines id field vehicleId; averaged fields batteryTemp',
    ],
  ])('does not fit data with %s, and the sentence lists both', (_, stored, difference) => {
    const sentence = shapeDifference('vehicle', stored, vehicles);

    expect(sentence).toContain(difference);
    expect(sentence).toMatch(/^the data of stream vehicle have .+ define a new stream instead$/);
  });
});
