/**
 * What can be wrong with the meaning of a reading or a link: stable kebab-case codes, part of the public interface. An
 * inbound adapter has further codes for items that it cannot read at all.
 */
export type FaultCode =
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

/** One thing that is wrong with a reading or a link. `Fault<string>` may have the code of an inbound adapter. */
export interface Fault<Code extends string = FaultCode> {
  readonly code: Code;
  /** The name of the field on the wire; absent when the item as a whole is at fault. */
  readonly field?: string;
  /** What is wrong, for people; it reads on from the name of the field. */
  readonly detail: string;
}
