import type { StreamDefinition } from '#domain/streams/stream';

/** A stream the engine will hardly ever have: code that treats all streams alike must handle this one, too. */
export const windmillStream = {
  kind: 'windmill',
  plural: 'windmills',
  idField: 'windmillId',
  energyField: 'kwhFromWind',
  current: 'neither',
  measured: { windSpeed: { unit: 'm/s', min: 0, max: 100 }, gearTemp: { unit: 'degC', min: -60, max: 150 } },
} as const satisfies StreamDefinition;
