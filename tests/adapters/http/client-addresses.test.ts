import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { ClientAddresses } from '#adapters/inbound/http/wire/client/client-addresses';

const request = (remoteAddress: string | undefined, forwardedFor?: string) =>
  ({
    socket: { remoteAddress },
    headers: forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor },
  }) as unknown as IncomingMessage;

describe('the address of a client', () => {
  it.each<[string, readonly string[], string | undefined, string | undefined, string | undefined]>([
    ['of the socket, without proxies', [], '192.0.2.7', '203.0.113.1', '192.0.2.7'],
    ['of the socket, when that is no trusted proxy', ['10.0.0.0/8'], '192.0.2.7', '203.0.113.1', '192.0.2.7'],
    ['that a trusted proxy names', ['10.0.0.0/8'], '10.1.2.3', '203.0.113.1', '203.0.113.1'],
    ['before a chain of trusted proxies', ['10.0.0.0/8', '::1'], '::1', '6.6.6.6, 203.0.113.1,10.9.9.9', '203.0.113.1'],
    ['that the client did not write itself', ['10.0.0.1'], '10.0.0.1', '10.0.0.1, 6.6.6.6', '6.6.6.6'],
    ['of the proxy, without the header', ['10.0.0.1'], '10.0.0.1', undefined, '10.0.0.1'],
    ['of the proxy, with nonsense in the header', ['10.0.0.1'], '10.0.0.1', 'unknown', '10.0.0.1'],
    ['of the last proxy, with nonsense before it', ['10.0.0.0/24'], '10.0.0.1', 'x, 10.0.0.2', '10.0.0.2'],
    ['behind a proxy that IPv6 shows', ['10.0.0.1'], '::ffff:10.0.0.1', '203.0.113.1', '203.0.113.1'],
    ['in an IPv6 network', ['2001:db8::/32'], '2001:db8::5', '2001:db9::1', '2001:db9::1'],
    ['of no socket', ['10.0.0.1'], undefined, '203.0.113.1', undefined],
  ])('is the one %s', (_, proxies, socket, header, expected) => {
    expect(new ClientAddresses(proxies).addressOf(request(socket, header))).toBe(expected);
  });

  it.each(['10.0.0', '10.0.0.0/33', 'proxy.example', '::1/129', '10.0.0.0/8/8', '10.0.0.0/-1', ''])(
    'cannot be found with "%s" as a proxy',
    (network) => {
      expect(() => new ClientAddresses([network])).toThrow(RangeError);
    },
  );
});
