/** Bodies up to this size are joined in one buffer that is reused. */
const SHARED_BUFFER_BYTES = 1024 * 1024;
const sharedBuffer = Buffer.allocUnsafeSlow(SHARED_BUFFER_BYTES);
const EMPTY = new Uint8Array();

/** That many chunks are kept as they are, so that usual bodies are not copied; after them, small ones are joined. */
const MAX_SEPARATE_CHUNKS = 16;
/** A chunk costs some 300 bytes besides its own: those under this size would cost more than they carry. */
const SMALL_CHUNK_BYTES = 4 * 1024;
const MIN_BLOCK_BYTES = 4 * 1024;
const MAX_BLOCK_BYTES = 64 * 1024;

/** A body, in the chunks in which it arrived. */
export class Body {
  byteLength = 0;
  readonly #chunks: Uint8Array[] = [];
  /** The last chunk, while it is being filled with small ones, and how much of it is filled. */
  #block: Buffer | undefined;
  #filled = 0;

  static of(bytes: Uint8Array): Body {
    const body = new Body();
    body.add(bytes);
    return body;
  }

  /** Keeps a reference to `chunk`, or a copy of it. */
  add(chunk: Uint8Array): void {
    this.byteLength += chunk.byteLength;
    if (chunk.byteLength >= SMALL_CHUNK_BYTES || this.#chunks.length < MAX_SEPARATE_CHUNKS) {
      this.#closeBlock();
      this.#chunks.push(chunk);
    } else {
      this.#fillBlock(chunk);
    }
  }

  bytes(): Uint8Array {
    this.#closeBlock();
    const [first = EMPTY] = this.#chunks;
    return this.#chunks.length > 1 ? Buffer.concat(this.#chunks, this.byteLength) : first;
  }

  /**
   * Passes all bytes in one array to `read`, which must not keep a reference: the buffer is reused. A buffer of its own
   * for each body costs large batches a tenth more CPU, mostly in garbage collection.
   */
  withBytes<T>(read: (bytes: Uint8Array) => T): T {
    if (this.#chunks.length < 2 || this.byteLength > SHARED_BUFFER_BYTES) return read(this.bytes());
    this.#closeBlock();
    let end = 0;
    for (const chunk of this.#chunks) {
      sharedBuffer.set(chunk, end);
      end += chunk.byteLength;
    }
    return read(sharedBuffer.subarray(0, end));
  }

  #fillBlock(chunk: Uint8Array): void {
    if (this.#block === undefined || this.#filled + chunk.byteLength > this.#block.byteLength) {
      this.#closeBlock();
      // At most half of what the body takes is not filled yet.
      const size = Math.min(MAX_BLOCK_BYTES, Math.max(MIN_BLOCK_BYTES, this.byteLength));
      this.#block = Buffer.allocUnsafeSlow(size);
      this.#chunks.push(this.#block);
    }
    this.#block.set(chunk, this.#filled);
    this.#filled += chunk.byteLength;
  }

  #closeBlock(): void {
    if (this.#block === undefined) return;
    this.#chunks[this.#chunks.length - 1] = this.#block.subarray(0, this.#filled);
    this.#block = undefined;
    this.#filled = 0;
  }
}
