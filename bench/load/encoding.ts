import { kwhFromMilliwattHours } from '#domain/energy/energy';
import { measuredValue, type Reading } from '#domain/reading/reading';
import { measuredFields, streams } from '#domain/streams/streams';

/** How readings become the body of a request. Every reading ends with its timestamp in 13 digits and `after`. */
export interface Encoding {
  readonly path: string;
  readonly contentType: string;
  /** Further header lines, each with its line break. */
  readonly headers?: string;
  readonly batch: { readonly open: string; readonly separator: string; readonly close: string };
  /** Around the body of a request with one reading; batches use `batch`. */
  readonly single: { readonly open: string; readonly close: string };
  /** The text of a reading up to its timestamp. */
  before(reading: Reading): string;
  readonly after: string;
}

/** The engine's format: one JSON object, or an array of them. */
export const json: Encoding = {
  path: '/v1/ingest',
  contentType: 'application/json',
  batch: { open: '[', separator: ',', close: ']' },
  single: { open: '', close: '' },
  before(reading) {
    const { idField, energyField } = streams[reading.kind];
    const measured = measuredFields(reading.kind).map((field) => `"${field}":${measuredValue(reading, field)},`);
    const energy = kwhFromMilliwattHours(reading.energy);
    return `{"${idField}":"${reading.deviceId}","${energyField}":${energy},${measured.join('')}"timestamp":`;
  },
  after: '}',
};

/** The same with a member that the engine does not know and whose value varies between readings. */
export const jsonWithExtraMember: Encoding = {
  ...json,
  before: (reading) => `{"firmware":"4.${reading.energy % 40}.1",${json.before(reading).slice(1)}`,
};

/** InfluxDB's line protocol, which VictoriaMetrics and QuestDB accept too: a point with one field per value. */
export function lineProtocol(path: string): Encoding {
  return {
    path,
    contentType: 'text/plain',
    batch: { open: '', separator: '\n', close: '\n' },
    single: { open: '', close: '\n' },
    before(reading) {
      const { kind, energyField } = streams[reading.kind];
      const measured = measuredFields(kind).map((field) => `,${field}=${measuredValue(reading, field)}`);
      const energy = kwhFromMilliwattHours(reading.energy);
      return `${kind},id=${reading.deviceId} ${energyField}=${energy}${measured.join('')} `;
    },
    after: '',
  };
}
