/** Facts of a currency in which everything agrees, of which a test changes what it is about. */
import type { CurrencyFacts } from '../../../src/domain/proof/proof';
import type { ItemKind, ProofItem } from '../../../src/domain/proof/proof-items';
import type { Judgement } from '../../../src/domain/proof/reading-judgement';

export const AT = 1_700_000_000;

export const WAITS: Judgement = { kind: 'waits' };

export function judged(difference: bigint, since = 0n, exact = true): Judgement {
  return { kind: 'judged', difference, since, exact };
}

/** 120.00 came, 7.00 went, and Stripe holds the rest. */
export function aCurrency(fields: Partial<CurrencyFacts> = {}): CurrencyFacts {
  return {
    currency: 'USD',
    stripe: { at: AT, available: 9_300n, pending: 2_000n, judgement: judged(0n) },
    entered: 11_300n,
    ledger: { debits: 12_000n, credits: 700n },
    booked: { debits: 12_000n, credits: 700n },
    notYet: { count: 0, amount: 0n, oldest: null },
    staged: 0,
    items: [],
    movements: 3,
    ...fields,
  };
}

export function anItem(
  kind: ItemKind,
  reference: string,
  amount: bigint,
  theirs: bigint | null = null,
): ProofItem {
  return { kind, reference, currency: 'USD', amount, theirs, at: null, note: null };
}
