import type { LogFormat, LogLevel } from '#adapters/outbound/observability/winston-logger';
import type { WarningRule } from '#domain/loss-warning';
import type { AcceptedTime } from '#domain/reading/accepted-time';
import type { Millis } from '#domain/time/time';

export type StoreConfig =
  | { readonly kind: 'memory' }
  | { readonly kind: 'sqlite'; readonly directory: string }
  | {
      readonly kind: 'mongodb';
      readonly uri: string;
      readonly database: string;
      /** Whether documents in the database show live state; true by default. */
      readonly liveDocuments?: boolean;
    };

/** The whole configuration, validated and in its final types. */
export interface Config {
  readonly host: string;
  readonly port: number;
  readonly store: StoreConfig;
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
  /** The file of API keys that requests need; `undefined`: they need none. */
  readonly keyFile: string | undefined;
  /** Addresses or networks of proxies that are trusted to name their clients in `X-Forwarded-For`. */
  readonly trustedProxies: readonly string[];
  /** The origins whose pages may read answers, or `*`. */
  readonly corsOrigins: readonly string[];
  /** The hosts that requests may name, besides loopback ones; `undefined`: any, unless the engine listens on loopback. */
  readonly allowedHosts: readonly string[] | undefined;
  /** How many connections a client address may have open; `undefined`: three quarters of all. */
  readonly connectionsPerAddress: number | undefined;
  /** When an efficiency counts as a loss, and when loss warnings open and clear. */
  readonly warningRule: WarningRule;
  readonly acceptedTime: AcceptedTime;
  /** Whether the clock is believed as it is at the start, whatever time has passed according to the store. */
  readonly trustClock: boolean;
  /** How long history is kept; `undefined` keeps it forever. */
  readonly retention: Millis | undefined;
  /** Number of processes that share the port; only MongoDB allows more than one. */
  readonly workers: number;
  /** Maximum number of readings accepted but not yet answered; further ones are refused with 503. */
  readonly queueReadings: number;
  /** Maximum size of a request body in bytes, both as sent and decompressed. */
  readonly bodyLimit: number;
}
