/** How much of a body counts as its head. What large bodies have beyond it is counted separately. */
const HEAD_BYTES = 64 * 1024;

export function headOf(bytes: number): number {
  return Math.min(bytes, HEAD_BYTES);
}

export function restOf(bytes: number): number {
  return bytes - headOf(bytes);
}

/** A body as far as it is counted: slow bodies apart from all others. */
export interface CountedBody {
  readonly bytes: number;
  readonly isSlow: boolean;
}

/** What admitted bodies take: all of them, or those of one client. */
export class Usage {
  /** Requests whose bodies arrive promptly or wait for their answer. */
  requests = 0;
  headBytes = 0;
  restBytes = 0;
  slowBodies = 0;
  slowBytes = 0;

  get isNone(): boolean {
    return this.requests === 0 && this.slowBodies === 0;
  }

  add({ bytes, isSlow }: CountedBody): void {
    this.#count(bytes, isSlow, 1);
  }

  remove({ bytes, isSlow }: CountedBody): void {
    this.#count(bytes, isSlow, -1);
  }

  /** Counts a body that is added for what it has grown to. */
  grow({ bytes, isSlow }: CountedBody, grown: number): void {
    if (isSlow) {
      this.slowBytes += grown - bytes;
    } else {
      this.headBytes += headOf(grown) - headOf(bytes);
      this.restBytes += restOf(grown) - restOf(bytes);
    }
  }

  #count(bytes: number, isSlow: boolean, sign: 1 | -1): void {
    if (isSlow) {
      this.slowBodies += sign;
      this.slowBytes += sign * bytes;
    } else {
      this.requests += sign;
      this.headBytes += sign * headOf(bytes);
      this.restBytes += sign * restOf(bytes);
    }
  }
}
