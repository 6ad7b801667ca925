import { hash, timingSafeEqual } from 'node:crypto';
import type { ApiKey } from '#application/access/api-key';

/** Where the public id stands in the text of a key. */
const ID = { begin: 'eie_'.length, end: 'eie_'.length + 12 };

interface Entry {
  readonly key: ApiKey;
  /** The hex digits of its digest, as bytes. */
  readonly digest: Buffer;
}

/**
 * The API keys that are valid now. Of a key only the SHA-256 digest is known: it is 32 random bytes, so nobody can guess
 * or look up what was hashed, and a slow hash, made for the passwords of people, would add nothing but milliseconds to
 * every request.
 */
export class KeyRing {
  #entries: ReadonlyMap<string, Entry> = new Map();

  constructor(keys: readonly ApiKey[]) {
    this.replace(keys);
  }

  get size(): number {
    return this.#entries.size;
  }

  /** From now on these keys are valid, and no others. */
  replace(keys: readonly ApiKey[]): void {
    this.#entries = new Map(keys.map((key) => [key.id, { key, digest: Buffer.from(key.sha256, 'latin1') }]));
  }

  /**
   * The key with this text. It is found by its public id; the comparison of the digests, which depend on the secret,
   * takes the same time whatever they are.
   */
  find(text: string): ApiKey | undefined {
    const entry = this.#entries.get(text.slice(ID.begin, ID.end));
    if (entry === undefined) return undefined;
    const digest = Buffer.from(hash('sha256', text, 'hex'), 'latin1');
    return timingSafeEqual(digest, entry.digest) ? entry.key : undefined;
  }
}
