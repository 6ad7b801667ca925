import type { EpochMillis } from '#domain/time/time';

/**
 * What a key allows. `ingest`: post readings. `read`: everything that is read, metrics included. `admin`: everything, such
 * as changing links.
 */
export const SCOPES = ['ingest', 'read', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

/** What one key may take. An absent limit does not exist. */
export interface KeyLimits {
  readonly readingsPerMinute?: number;
  /** Device ids that the store has never seen before. */
  readonly newDevicesPerHour?: number;
  /** Requests that are being answered at the same moment. */
  readonly concurrentRequests?: number;
}

/** A key as the engine knows it: everything but the secret, of which only a digest is kept. */
export interface ApiKey {
  /** For people and logs; unique. */
  readonly name: string;
  /** The public part of the key, by which it is found; unique. */
  readonly id: string;
  /** SHA-256 of the whole key text, in lower-case hex. */
  readonly sha256: string;
  readonly scopes: readonly Scope[];
  /** The key posts only for devices whose id begins with one of these; absent: for all devices. Reading is not limited. */
  readonly devices?: readonly string[];
  /** From this moment on the key is refused; absent: it does not expire. */
  readonly expiresAt?: EpochMillis;
  readonly limits?: KeyLimits;
}

/**
 * The text of a key: `eie_`, its public id, and 32 random bytes in base64url. Whatever looks like this is a secret and
 * must not be logged.
 */
export const KEY_TEXT = /eie_([0-9a-f]{12})_[A-Za-z0-9_-]{43}/;

export function allows({ scopes }: ApiKey, scope: Scope): boolean {
  return scopes.includes(scope) || scopes.includes('admin');
}

export function isExpired({ expiresAt = Infinity }: ApiKey, now: EpochMillis): boolean {
  return now >= expiresAt;
}

export function mayPostFor({ devices }: ApiKey, deviceId: string): boolean {
  return devices === undefined || devices.some((prefix) => deviceId.startsWith(prefix));
}
