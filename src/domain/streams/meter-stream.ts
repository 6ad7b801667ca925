import type { StreamDefinition } from './stream.ts';

/** Smart meters: AC energy drawn from the grid. */
export const meterStream = {
  kind: 'meter',
  plural: 'meters',
  idField: 'meterId',
  energyField: 'kwhConsumedAc',
  current: 'ac',
  measured: {
    voltage: { unit: 'V', min: 0, max: 1000 },
  },
} as const satisfies StreamDefinition;
