/**
 * Ids of the Stripe stand-in. They look random and are not sortable by time, yet are computed from a
 * number and back again, so that a million objects need not be stored to be found by id.
 */
import { createRandom, hash32 } from '../random';

export interface Ids {
  /** The id of object number `n`; the same seed and prefix always give the same. */
  id(prefix: string, n: number): string;
  /** The number in an id of `prefix`; undefined unless it is exactly what `id` makes. */
  numberOf(prefix: string, id: string): number | undefined;
}

// Six base-62 digits hold any 32-bit number; the filler gives the length of Stripe's ids.
const CODED = 6;
const FILLER = 17;
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

export function createIds(seed: string): Ids {
  const saltOf = (prefix: string) => hash32(`${seed}:${prefix}`);
  const id = (prefix: string, n: number) => {
    const salt = saltOf(prefix);
    let rest = scramble((n ^ salt) >>> 0);
    let coded = '';
    for (let at = 0; at < CODED; at += 1) {
      coded = DIGITS.charAt(rest % 62) + coded;
      rest = Math.floor(rest / 62);
    }
    return createRandom(n ^ hash32(salt)).id(`${prefix}${coded}`, FILLER);
  };
  return {
    id,
    numberOf: (prefix, given) => {
      if (!given.startsWith(prefix)) return undefined;
      let scrambled = 0;
      for (const digit of given.slice(prefix.length, prefix.length + CODED)) {
        const value = DIGITS.indexOf(digit);
        if (value === -1) return undefined;
        scrambled = scrambled * 62 + value;
      }
      if (scrambled > 0xffffffff) return undefined;
      const n = (unscramble(scrambled) ^ saltOf(prefix)) >>> 0;
      return id(prefix, n) === given ? n : undefined;
    },
  };
}

// The finalizer of MurmurHash3: a bijection of 32-bit numbers, so no two objects share an id.
function scramble(n: number): number {
  let mixed = n ^ (n >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

function unscramble(n: number): number {
  let mixed = n ^ (n >>> 16);
  mixed = Math.imul(mixed, 0x7ed1b41d);
  mixed ^= (mixed >>> 13) ^ (mixed >>> 26);
  mixed = Math.imul(mixed, 0xa5cb9243);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
