import type { LogLevel } from '#adapters/outbound/observability/winston-logger';
import type { WarningRule } from '#domain/loss-warning';
import type { AcceptedTime } from '#domain/reading/accepted-time';
import type { Millis } from '#domain/time/time';

/** Which store to open, with what it needs. */
export type StoreConfig =
  | { readonly kind: 'memory' }
  | { readonly kind: 'sqlite'; readonly directory: string }
  | { readonly kind: 'mongodb'; readonly uri: string; readonly database: string };

/** Everything that can be configured, checked and in its final types. */
export interface Config {
  readonly host: string;
  readonly port: number;
  readonly store: StoreConfig;
  readonly logLevel: LogLevel;
  readonly lossThreshold: number;
  /** When loss warnings open and clear; its threshold is `lossThreshold`. */
  readonly warningRule: WarningRule;
  readonly acceptedTime: AcceptedTime;
  /** How long history is kept; `undefined` keeps it for ever. */
  readonly retention: Millis | undefined;
  /** Processes that share the port; more than one only on MongoDB. */
  readonly workers: number;
  /** Readings accepted and not yet answered; more are refused with 503. */
  readonly queueReadings: number;
  /** Largest request body in bytes, as sent and as inflated. */
  readonly bodyLimit: number;
}
