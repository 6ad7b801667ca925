import * as v from 'valibot';
import { type ApiKey, allows } from '#application/access/api-key';
import type { EpochMillis } from '#domain/time/time';
import { parseRfc3339 } from '#domain/time/timestamp';
import { KeyFileError } from './key-file-error.ts';
import { devicesSchema, limitSchema, nameSchema, scopesSchema } from './key-values.ts';

/** A key as the file has it. */
export interface KeyEntry extends ApiKey {
  readonly createdAt?: EpochMillis;
}

const UNKNOWN_MEMBER = 'is not a known member';
const ID = 'must be 12 hex digits in lower case';
const DIGEST = 'must be 64 hex digits in lower case';
const TIME = 'must be an RFC 3339 date-time, like 2027-01-31T12:00:00Z';
const KEYS = 'must be a list of keys';
export const DEVICES_WITHOUT_POSTING = 'limits what a key posts, not what it reads; it needs the scope ingest or admin';

const time = v.pipe(
  v.string(TIME),
  v.rawTransform(({ dataset, addIssue, NEVER }): EpochMillis => {
    const parsed = parseRfc3339(dataset.value);
    if (typeof parsed === 'number') return parsed;
    addIssue({ message: parsed.detail });
    return NEVER;
  }),
);

const limits = v.strictObject(
  {
    readingsPerMinute: v.exactOptional(limitSchema),
    newDevicesPerHour: v.exactOptional(limitSchema),
    concurrentRequests: v.exactOptional(limitSchema),
  },
  memberMessage,
);

const entry = v.strictObject(
  {
    name: nameSchema,
    id: v.pipe(v.string(ID), v.regex(/^[0-9a-f]{12}$/, ID)),
    sha256: v.pipe(v.string(DIGEST), v.regex(/^[0-9a-f]{64}$/, DIGEST)),
    scopes: scopesSchema,
    devices: v.exactOptional(devicesSchema),
    created: v.exactOptional(time),
    expires: v.exactOptional(time),
    limits: v.exactOptional(limits),
  },
  memberMessage,
);

const file = v.strictObject({ keys: v.array(entry, KEYS) }, memberMessage);

/** Parses the content of a file of API keys. Throws `KeyFileError` with the first thing that is wrong with it. */
export function parseKeyFile(path: string, text: string): KeyEntry[] {
  const { success, output, issues } = v.safeParse(file, parseJson(path, text), { abortEarly: true });
  if (!success) throw new KeyFileError(path, faultText(issues[0]));
  const entries = output.keys.map(({ created, expires, ...key }) => ({
    ...key,
    ...(created !== undefined && { createdAt: created }),
    ...(expires !== undefined && { expiresAt: expires }),
  }));
  requireConsistent(path, entries);
  return entries;
}

/** The content of a file with these keys. */
export function formatKeyFile(entries: readonly KeyEntry[]): string {
  const keys = entries.map(({ createdAt, expiresAt, limits, ...key }) => ({
    ...key,
    ...(createdAt !== undefined && { created: new Date(createdAt).toISOString() }),
    ...(expiresAt !== undefined && { expires: new Date(expiresAt).toISOString() }),
    ...(limits !== undefined && { limits }),
  }));
  return `${JSON.stringify({ keys }, null, 2)}\n`;
}

/** Throws `KeyFileError` if two keys have the same name or id, or if a limit to devices has no effect. */
function requireConsistent(path: string, entries: readonly KeyEntry[]): void {
  const names = new Set<string>();
  const ids = new Set<string>();
  for (const key of entries) {
    if (names.has(key.name)) throw new KeyFileError(path, `the name "${key.name}" occurs twice`);
    if (ids.has(key.id)) throw new KeyFileError(path, `the key "${key.name}": another key has the same id`);
    if (key.devices !== undefined && !allows(key, 'ingest')) {
      throw new KeyFileError(path, `the key "${key.name}": devices ${DEVICES_WITHOUT_POSTING}`);
    }
    names.add(key.name);
    ids.add(key.id);
  }
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // Of the parser's message only the place: it quotes the text, which contains digests.
    const [place = ''] = / \(line \d+ column \d+\)/.exec((error as Error).message) ?? [];
    throw new KeyFileError(path, `is not valid JSON${place}`);
  }
}

function memberMessage({ expected, received }: { expected: string | null; received: string }): string {
  if (expected === 'never') return UNKNOWN_MEMBER;
  return received === 'undefined' ? 'is missing' : 'must be an object';
}

/** Where something is wrong and what, such as `the key "gateway-1": limits.readingsPerMinute must be ...`. */
function faultText({ path, message }: v.BaseIssue<unknown>): string {
  const [top, entry, ...inner] = path ?? [];
  if (top === undefined) return message;
  if (entry === undefined) return `${memberName(top.key)} ${message}`;
  const members = inner.flatMap(({ key }) => (typeof key === 'string' ? [memberName(key)] : []));
  const key = nameOf(entry.value) ?? `number ${Number(entry.key) + 1}`;
  return `the key ${key}: ${[...(members.length > 0 ? [members.join('.')] : []), message].join(' ')}`;
}

/** As it is only if it looks like a name: somebody may have put a key in its place. */
function memberName(key: unknown): string {
  return /^[A-Za-z0-9]{1,32}$/.test(String(key)) ? String(key) : 'one of its names';
}

function nameOf(entry: unknown): string | undefined {
  const { success, output } = v.safeParse(v.object({ name: nameSchema }), entry);
  return success ? `"${output.name}"` : undefined;
}
