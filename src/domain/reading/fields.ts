/** What somebody sent, by the names of the fields on the wire: values of any type, none of them checked. */
export type Fields = Readonly<Record<string, unknown>>;

/** Whether a value is an object with fields: neither `null` nor an array. */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
