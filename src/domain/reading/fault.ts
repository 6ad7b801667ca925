/** Why a reading or a link was not taken: stable kebab-case words, part of the interface. */
export type FaultCode =
  | 'malformed-json'
  | 'malformed-csv'
  | 'missing-device'
  | 'ambiguous-device'
  | 'invalid-id'
  | 'missing-field'
  | 'not-a-number'
  | 'out-of-range'
  | 'invalid-timestamp'
  | 'timestamp-without-offset'
  | 'timestamp-in-seconds'
  | 'timestamp-too-new'
  | 'timestamp-too-old'
  | 'empty-interval';

/** One thing that is wrong with one reading or link. */
export interface Fault {
  readonly code: FaultCode;
  /** The field on the wire, or nothing when it as a whole is at fault. */
  readonly field?: string;
  readonly detail: string;
}
