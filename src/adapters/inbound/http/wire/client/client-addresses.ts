import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';
import { IPV4_IN_IPV6 } from './client-network.ts';

/** Finds the address of a client, also behind proxies that are trusted to name it in `X-Forwarded-For`. */
export class ClientAddresses {
  readonly #trusted: BlockList | undefined;

  /** Addresses of trusted proxies, or networks in CIDR notation. Throws a `RangeError` that names a malformed one. */
  constructor(trustedProxies: readonly string[] = []) {
    this.#trusted = trustedProxies.length === 0 ? undefined : blockListOf(trustedProxies);
  }

  isTrusted(address: string | undefined): boolean {
    if (this.#trusted === undefined || address === undefined) return false;
    const plain = withoutMapping(address);
    const version = isIP(plain);
    return version !== 0 && this.#trusted.check(plain, version === 6 ? 'ipv6' : 'ipv4');
  }

  /**
   * The address at the other end of the socket, or, while that is a trusted proxy, the one before it in the chain. What
   * an untrusted client writes into the header is not believed, nor is anything that is not an address.
   */
  addressOf({ socket, headers }: IncomingMessage): string | undefined {
    let address = socket.remoteAddress;
    if (!this.isTrusted(address)) return address;
    const chain = [headers['x-forwarded-for'] ?? []].flat().join(',').split(',');
    while (chain.length > 0 && this.isTrusted(address)) {
      const before = (chain.pop() ?? '').trim();
      if (isIP(before) === 0) break;
      address = before;
    }
    return address;
  }
}

function blockListOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', prefix, ...rest] = network.split('/');
    const version = isIP(address);
    const bits = version === 6 ? 128 : 32;
    const length = prefix === undefined ? bits : /^\d{1,3}$/.test(prefix) ? Number(prefix) : Infinity;
    if (version === 0 || length > bits || rest.length > 0) {
      throw new RangeError(`${JSON.stringify(network)} is not an IP address or a network such as 10.0.0.0/8`);
    }
    list.addSubnet(address, length, version === 6 ? 'ipv6' : 'ipv4');
  }
  return list;
}

function withoutMapping(address: string): string {
  return address.startsWith(IPV4_IN_IPV6) ? address.slice(IPV4_IN_IPV6.length) : address;
}
