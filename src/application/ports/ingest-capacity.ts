/** The room that is left for readings which are accepted and not yet stored. */
export interface IngestCapacity {
  /**
   * Whether that many more readings would be accepted now. Synchronous and cheap: it is asked before the body of a
   * request is read. The answer may be out of date by the time the readings are committed, so `commit` decides.
   */
  hasRoomFor(readings: number): boolean;
}
