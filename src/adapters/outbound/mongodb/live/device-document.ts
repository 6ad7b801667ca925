/** A device, and where its newest reading stands in the history. */
export interface DeviceDocument {
  /** The device's id. */
  readonly _id: string;
  /** The hour of its newest reading: written by the commit that began it, and with it. */
  readonly hour: Date;
}
