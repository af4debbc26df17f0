/** A ledger as small as one can be: balances of what was posted, each reference once. */
import type { Posting } from '../../../src/domain/posting';

export interface TinyLedger {
  /**
   * @returns whether the reference was new; the same again changes nothing
   * @throws Error if it is there as another posting
   */
  post(posting: Posting): boolean;
  /** Credits less debits; a currency by its upper-case code. */
  balanceOf(name: string, currency: string): bigint;
  /** Of a currency, without those at zero. */
  balancesIn(currency: string): Readonly<Record<string, bigint>>;
  references(): readonly string[];
  find(reference: string): Posting | undefined;
}

export function tinyLedger(): TinyLedger {
  const postings = new Map<string, Posting>();
  const balances = new Map<string, bigint>();
  const move = (name: string, currency: string, amount: bigint) => {
    const key = `${currency} ${name}`;
    balances.set(key, (balances.get(key) ?? 0n) + amount);
  };
  return {
    post(posting) {
      const { reference, source, destination, amount, currency, also } = posting;
      const there = postings.get(reference);
      if (there !== undefined) {
        const isSame =
          there.amount === amount &&
          there.currency === currency &&
          [source, ...(also?.sources ?? [])].includes(there.source) &&
          [destination, ...(also?.destinations ?? [])].includes(there.destination);
        if (!isSame) throw new Error(`${reference} is there as another posting`);
        return false;
      }
      postings.set(reference, posting);
      move(source, currency, -amount);
      move(destination, currency, amount);
      return true;
    },
    balanceOf: (name, currency) => balances.get(`${currency} ${name}`) ?? 0n,
    balancesIn: (currency) =>
      Object.fromEntries(
        [...balances]
          .filter(([key, balance]) => key.startsWith(`${currency} `) && balance !== 0n)
          .map(([key, balance]) => [key.slice(currency.length + 1), balance]),
      ),
    references: () => [...postings.keys()],
    find: (reference) => postings.get(reference),
  };
}
