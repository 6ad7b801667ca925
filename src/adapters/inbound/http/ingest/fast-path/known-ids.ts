import { isDeviceId } from '#domain/reading/device-id';

/** Ids remembered. Bounds memory: 22 MB if all are of the maximum length. */
const MAX_IDS = 131_072;

/** The ids of devices seen before: reading one from bytes again returns the same string and allocates nothing. */
export class KnownIds {
  readonly #ids = new Map<number, string>();

  /** The id in `bytes[from, to)`, or `undefined` if it is not valid. `hash` is any 32-bit function of these bytes. */
  find(bytes: Buffer, from: number, to: number, hash: number): string | undefined {
    const known = this.#ids.get(hash);
    if (known !== undefined && isWrittenAt(known, bytes, from, to)) return known;
    const id = bytes.toString('latin1', from, to);
    if (!isDeviceId(id)) return undefined;
    if (this.#ids.size === MAX_IDS) this.#ids.clear();
    this.#ids.set(hash, id);
    return id;
  }
}

function isWrittenAt(text: string, bytes: Buffer, from: number, to: number): boolean {
  if (text.length !== to - from) return false;
  for (let at = from; at < to; at++) if (text.charCodeAt(at - from) !== bytes[at]) return false;
  return true;
}
