import type { StreamDefinition } from '#domain/streams/stream';

/** A stream the engine does not have: code that treats all streams alike must handle this one, too. */
export const inverterStream = {
  kind: 'inverter',
  plural: 'inverters',
  idField: 'inverterId',
  energyField: 'kwhProducedDc',
  current: 'dc',
  measured: { irradiance: { unit: 'W/m2', min: 0, max: 2000 }, panelTemp: { unit: 'degC', min: -60, max: 150 } },
} as const satisfies StreamDefinition;
