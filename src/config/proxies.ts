/** Proxies whose word on the client's address is taken: addresses, networks, or the names of private ones. */
import { isIP } from 'node:net';

/** As fastify knows them. */
const NAMES = ['loopback', 'linklocal', 'uniquelocal'];

const LONGEST: Readonly<Record<number, number>> = { 4: 32, 6: 128 };

/** A network of all addresses is none: whoever calls could then claim any address. */
export function isProxy(text: string): boolean {
  if (NAMES.includes(text)) return true;
  const [address = '', bits, ...more] = text.split('/');
  const longest = LONGEST[isIP(address)];
  if (longest === undefined || more.length > 0 || address.includes('%')) return false;
  if (bits === undefined) return true;
  return /^\d{1,3}$/.test(bits) && Number(bits) >= 1 && Number(bits) <= longest;
}
