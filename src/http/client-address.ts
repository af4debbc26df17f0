/**
 * By what a client is counted: its address, and of IPv6 the network of 64 bits, since each customer of a
 * provider has one of these and may use any of its addresses.
 */
import { isIP } from 'node:net';
import type { FastifyRequest } from 'fastify';

export function clientOf({ ip }: Pick<FastifyRequest, 'ip'>): string {
  return networkOf(ip);
}

/** @param told by the socket, or by a proxy that is trusted: some add the port */
export function networkOf(told: string): string {
  const address = told.replace(/^::ffff:(?=\d+\.)/i, '').replace(/^(\d+(?:\.\d+){3}):\d+$/, '$1');
  switch (isIP(address)) {
    case 4:
      return address;
    case 6:
      return `${groupsOf(address).slice(0, 4).join(':')}::/64`;
    default:
      // What a proxy has passed on of a client's own words is shown and stored nowhere.
      return 'unknown';
  }
}

/** All eight groups, `::` written out; a part in the form of IPv4 or a zone is not among the first four. */
function groupsOf(address: string): string[] {
  const [head = '', tail] = address.replace(/%.*$/, '').split('::');
  const split = (part: string) => (part === '' ? [] : part.split(':'));
  const [before, after] = [split(head), split(tail ?? '')];
  const length = [...before, ...after].reduce((sum, one) => sum + (one.includes('.') ? 2 : 1), 0);
  const filled = tail === undefined ? [] : Array.from({ length: 8 - length }, () => '0');
  return [...before, ...filled, ...after].map((one) => one.replace(/^0+(?=.)/, '').toLowerCase());
}
