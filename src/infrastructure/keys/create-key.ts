import { hash, randomBytes } from 'node:crypto';
import type { ApiKey } from '#application/access/api-key';
import type { EpochMillis } from '#domain/time/time';
import type { KeyEntry } from './key-file-format.ts';

/** What is chosen about a key; the rest is random. */
export type KeyOptions = Omit<ApiKey, 'id' | 'sha256'>;

const ID_BYTES = 6;
const SECRET_BYTES = 32;

/**
 * Makes a key. `text` is the key itself, for its user; it is kept nowhere. `key` has only its SHA-256 digest.
 *
 * A plain hash is right here. The secret is 256 random bits: there is nothing to guess, nothing to compute in advance,
 * and no two keys are alike, so neither a slow hash nor a salt adds anything. Argon2 and bcrypt are for secrets that
 * people choose, and would cost every request milliseconds. NIST SP 800-63B (revision 3, 5.1.2.2) and OWASP ASVS 5.0
 * (6.5.2) draw the same line for look-up secrets, which are random as well: from 112 bits of entropy on, an approved
 * one-way function is enough; below, the secret is salted and hashed like a password.
 */
export function createKey(options: KeyOptions, now: EpochMillis): { readonly key: KeyEntry; readonly text: string } {
  const id = randomBytes(ID_BYTES).toString('hex');
  const text = `eie_${id}_${randomBytes(SECRET_BYTES).toString('base64url')}`;
  const { name, ...others } = options;
  return { key: { name, id, sha256: hash('sha256', text, 'hex'), ...others, createdAt: now }, text };
}
