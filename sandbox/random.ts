/**
 * Seeded pseudo-random numbers (the public mulberry32 step): the same seed always gives the same
 * scenario, so a failing test can be run again. Not for secrets.
 */

export interface Random {
  /** 0 <= x < 1 */
  next(): number;
  /** An integer, 0 <= n < bound. */
  int(bound: number): number;
  pick<T>(choices: readonly T[]): T;
  /** `prefix` and `length` letters and digits, like the ids of the service that is stood in for. */
  id(prefix: string, length: number): string;
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** One well mixed 32-bit number from a seed (FNV-1a for text). */
export function hash32(seed: number | string): number {
  // The multiplication spreads neighbouring numbers; the step alone leaves them alike.
  if (typeof seed === 'number') return mix((Math.imul(seed, 0x9e3779b1) + 0x6d2b79f5) | 0);
  let hash = 0x811c9dc5;
  for (let at = 0; at < seed.length; at += 1) {
    hash = Math.imul(hash ^ seed.charCodeAt(at), 0x01000193);
  }
  return mix(hash);
}

function mix(state: number): number {
  let mixed = Math.imul(state ^ (state >>> 15), state | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return (mixed ^ (mixed >>> 14)) >>> 0;
}

export function createRandom(seed: number | string): Random {
  let state = typeof seed === 'number' ? seed | 0 : hash32(seed);
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    return mix(state) / 0x100000000;
  };
  const int = (bound: number) => Math.floor(next() * bound);
  return {
    next,
    int,
    pick: (choices) => {
      const chosen = choices[int(choices.length)];
      if (chosen === undefined) throw new Error('There is nothing to pick from.');
      return chosen;
    },
    id: (prefix, length) => {
      let id = prefix;
      for (let at = 0; at < length; at += 1) id += ALPHABET.charAt(int(ALPHABET.length));
      return id;
    },
  };
}
