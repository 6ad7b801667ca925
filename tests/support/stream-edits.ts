import type { StreamEdits } from './changed-engine.ts';

/** Lines of `vehicle-stream.ts`. */
export const SOC = "soc: { unit: '%', min: 0, max: 100 },";
export const TEMPERATURE = "batteryTemp: { unit: 'degC', min: -60, max: 200, averaged: true },";

/** Edits `vehicle-stream.ts`, replacing each of the texts by the one after it. */
export function vehicles(...replacements: readonly (readonly [string, string])[]): StreamEdits {
  return {
    'vehicle-stream.ts': (source) =>
      replacements.reduce((text, [from, to]) => {
        if (!text.includes(from)) throw new Error(`vehicle-stream.ts has no ${from}`);
        return text.replace(from, to);
      }, source),
  };
}

/** The two measured fields in the other order. */
export const SWAPPED = vehicles(
  [SOC, TEMPERATURE.replace('batteryTemp', 'swapped')],
  [TEMPERATURE, SOC],
  ['swapped', 'batteryTemp'],
);
/** Bounds that leave some of the readings outside. */
export const NARROWED = vehicles([SOC, SOC.replace('100', '60')], [TEMPERATURE, TEMPERATURE.replace('200', '45')]);
export const WITH_RANGE = vehicles([SOC, `${SOC} range: { unit: 'km', min: 0, max: 2000 },`]);
/** One more stream. */
export const WITH_HEATERS: StreamEdits = {
  'heater-stream.ts': () => `export const heaterStream = {
    kind: 'heater', plural: 'heaters', idField: 'heaterId', energyField: 'kwhHeated', current: 'neither',
    measured: { waterTemp: { unit: 'degC', min: 0, max: 100, averaged: true } },
  } as const;`,
  'definitions.ts': (source) => `${source}export { heaterStream as heater } from './heater-stream.ts';\n`,
};
