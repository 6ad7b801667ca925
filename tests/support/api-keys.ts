import { createHash, randomBytes } from 'node:crypto';
import type { ApiKey } from '#application/access/api-key';

/** A key that a test sends, and what the engine knows of it. Made by hand, so that the format is pinned twice. */
export function aKey(parts: Partial<ApiKey> = {}): { readonly key: ApiKey; readonly text: string } {
  const id = randomBytes(6).toString('hex');
  const text = `eie_${id}_${randomBytes(32).toString('base64url')}`;
  const sha256 = createHash('sha256').update(text).digest('hex');
  return { key: { name: `key-${id}`, id, sha256, scopes: ['ingest'], ...parts }, text };
}

export function bearer(text: string): Readonly<Record<string, string>> {
  return { authorization: `Bearer ${text}` };
}
