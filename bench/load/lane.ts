/** A sender with one batch in flight at a time: a connection, or a caller of a store in this process. */
export interface Lane {
  /** Sends batch `number` and resolves with the HTTP status (200 without HTTP). Never rejects. */
  send(number: number): Promise<number>;
  /** A batch in flight ends with `NO_ANSWER`. */
  close(): void;
}

export function isAccepted(status: number): boolean {
  return status >= 200 && status < 300;
}
