import { firstIndex } from '#domain/sorted';

/** Ids in a block: an insertion moves at most that many, and a block that is full is cut in two. */
const MAX_BLOCK = 512;

/** A set of ids in order (by code unit), in blocks, so that adding one costs little however many there are. */
export class OrderedIds {
  readonly #blocks: string[][] = [[]];

  /** Adds an id; it must not be in the set. */
  add(id: string): void {
    const at = this.#blockOf(id);
    const block = this.#blocks[at] as string[];
    block.splice(firstNotBefore(block, id), 0, id);
    if (block.length > MAX_BLOCK) this.#blocks.splice(at + 1, 0, block.splice(MAX_BLOCK / 2));
  }

  delete(id: string): void {
    const at = this.#blockOf(id);
    const block = this.#blocks[at] as string[];
    const index = firstNotBefore(block, id);
    if (block[index] !== id) return;
    block.splice(index, 1);
    if (block.length === 0 && this.#blocks.length > 1) this.#blocks.splice(at, 1);
  }

  /** The ids that sort after this one, in order. */
  *after(id: string): Iterable<string> {
    for (let at = this.#blockOf(id); at < this.#blocks.length; at++) {
      for (const one of this.#blocks[at] as string[]) if (one > id) yield one;
    }
  }

  /** The block that has the id, or would have it: the last one that does not begin after it. */
  #blockOf(id: string): number {
    return Math.max(0, firstIndex(this.#blocks, ([first]) => first !== undefined && first > id) - 1);
  }
}

function firstNotBefore(block: readonly string[], id: string): number {
  return firstIndex(block, (one) => one >= id);
}
