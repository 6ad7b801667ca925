/** Whether a host, as a name or an address, can be reached from the same machine only. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

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
    const isAllowed = name === '' || isLoopback(name.replace(/^\[(.*)\]$/, '$1')) || this.#names.has(name);
    if (isAllowed) this.#last = host;
    return isAllowed;
  }
}
