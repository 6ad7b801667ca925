import { type ApiKey, allows, isExpired, type KeyLimits } from '#application/access/api-key';
import type { EpochMillis } from '#domain/time/time';
import type { KeyEntry } from './key-file-format.ts';

const HEADER = ['NAME', 'ID', 'SCOPES', 'DEVICES', 'EXPIRES', 'LIMITS', 'CREATED'];
const NONE = '-';

/** The keys as an aligned table with a header, for people. It contains no digest. */
export function keyTable(keys: readonly KeyEntry[], now: EpochMillis): string {
  const rows = [HEADER, ...keys.map((key) => rowOf(key, now))];
  const widths = HEADER.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
  return lines.map((line) => `${line.trimEnd()}\n`).join('');
}

function rowOf(key: KeyEntry, now: EpochMillis): string[] {
  return [
    key.name,
    key.id,
    key.scopes.join(','),
    devicesOf(key),
    expiryOf(key, now),
    limitsOf(key.limits),
    key.createdAt === undefined ? NONE : timeText(key.createdAt),
  ];
}

/** The devices it posts for. */
function devicesOf(key: ApiKey): string {
  return allows(key, 'ingest') ? (key.devices?.join(',') ?? 'all') : NONE;
}

function expiryOf(key: ApiKey, now: EpochMillis): string {
  if (key.expiresAt === undefined) return 'never';
  return isExpired(key, now) ? `${timeText(key.expiresAt)} (expired)` : timeText(key.expiresAt);
}

function limitsOf({ readingsPerMinute, newDevicesPerHour, concurrentRequests }: KeyLimits = {}): string {
  const limits = [
    ...(readingsPerMinute === undefined ? [] : [`${readingsPerMinute} readings/min`]),
    ...(newDevicesPerHour === undefined ? [] : [`${newDevicesPerHour} new devices/h`]),
    ...(concurrentRequests === undefined ? [] : [`${concurrentRequests} requests at once`]),
  ];
  return limits.join(', ') || NONE;
}

/** To the second. */
function timeText(time: EpochMillis): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`;
}
