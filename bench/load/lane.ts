/** One sender that has one batch under way at a time: a connection, or a caller of a store in this process. */
export interface Lane {
  /** Sends batch `number` and resolves with the HTTP status (200 where there is no HTTP). Does not reject. */
  send(number: number): Promise<number>;
  /** A batch under way ends as `NO_ANSWER`. */
  close(): void;
}

export function isAccepted(status: number): boolean {
  return status >= 200 && status < 300;
}
