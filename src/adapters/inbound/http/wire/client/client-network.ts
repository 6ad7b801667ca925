/** The first half of an IPv6 address is a customer's network; the customer chooses the other half freely. */
const NETWORK_GROUPS = 4;
/** How a socket that listens for IPv6 shows an IPv4 client: `::ffff:192.0.2.1`. */
export const IPV4_IN_IPV6 = '::ffff:';
/** Requests without a socket. */
const IN_PROCESS = 'in-process';

/**
 * What counts as one client: an IPv4 address, or the /64 network of an IPv6 address. Everybody behind one NAT, gateway
 * or proxy is the same client.
 */
export function clientNetwork(address: string | undefined): string {
  if (address === undefined) return IN_PROCESS;
  if (!address.includes(':') || address.startsWith(IPV4_IN_IPV6)) return address;
  const [head = ''] = address.split('::');
  return head.split(':', NETWORK_GROUPS).join(':');
}
