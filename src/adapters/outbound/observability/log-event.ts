export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

/** What a line of the log is written from. */
export interface LogEvent {
  readonly timestamp: string;
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}
