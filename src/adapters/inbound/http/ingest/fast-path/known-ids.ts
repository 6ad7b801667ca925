import { isDeviceId } from '#domain/reading/device-id';

/** Most ids that are remembered, so that memory is bounded whatever is sent: 22 MB when all are as long as they may be. */
const MOST_IDS = 131_072;

/** The ids of devices that were read before: whoever reads one again from bytes gets the same string, and makes none. */
export class KnownIds {
  readonly #ids = new Map<number, string>();

  /** The id in `bytes[from, to)`, or nothing when that is none. `hash` is any function of these bytes, in 32 bits. */
  find(bytes: Buffer, from: number, to: number, hash: number): string | undefined {
    const known = this.#ids.get(hash);
    if (known !== undefined && isWrittenAt(known, bytes, from, to)) return known;
    const id = bytes.toString('latin1', from, to);
    if (!isDeviceId(id)) return undefined;
    if (this.#ids.size === MOST_IDS) this.#ids.clear();
    this.#ids.set(hash, id);
    return id;
  }
}

function isWrittenAt(text: string, bytes: Buffer, from: number, to: number): boolean {
  if (text.length !== to - from) return false;
  for (let at = from; at < to; at++) if (text.charCodeAt(at - from) !== bytes[at]) return false;
  return true;
}
