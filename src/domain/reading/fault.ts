/** Why a reading or a link was rejected: stable kebab-case codes, part of the public interface. */
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

/** One thing that is wrong with a reading or a link. */
export interface Fault {
  readonly code: FaultCode;
  /** The name of the field on the wire; absent when the item as a whole is at fault. */
  readonly field?: string;
  /** What is wrong, for people; it reads on from the name of the field. */
  readonly detail: string;
}
