const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/**
 * Which names a request may address the server by. A page of another site can make its own name point to 127.0.0.1 and
 * then read whatever is served there as if it were its own (DNS rebinding); its requests carry that name as their host.
 */
export class AllowedHosts {
  readonly #names: ReadonlySet<string>;
  /** Mostly the next request names the same. */
  #last: string | undefined;

  /** Names besides those of the loopback interface, without ports. */
  constructor(names: readonly string[] = []) {
    this.#names = new Set(names.map((name) => name.toLowerCase()));
  }

  /** `host`: a well-formed `Host` header; any port will do. No host at all is allowed: browsers always send one. */
  allow(host: string): boolean {
    if (host === this.#last) return true;
    const name = host.toLowerCase().replace(/:\d*$/, '').replace(/\.$/, '');
    const isAllowed = name === '' || LOOPBACK.test(name) || this.#names.has(name);
    if (isAllowed) this.#last = host;
    return isAllowed;
  }
}
