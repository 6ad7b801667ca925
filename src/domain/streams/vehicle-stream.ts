import type { StreamDefinition } from './stream.ts';

/** Electric vehicles: DC energy delivered into the battery. */
export const vehicleStream = {
  kind: 'vehicle',
  plural: 'vehicles',
  idField: 'vehicleId',
  energyField: 'kwhDeliveredDc',
  current: 'dc',
  measured: {
    soc: { unit: '%', min: 0, max: 100 },
    /** Up to 200 degrees are valid: a burning battery is a reading, not a fault. */
    batteryTemp: { unit: 'degC', min: -60, max: 200, averaged: true },
  },
} as const satisfies StreamDefinition;
