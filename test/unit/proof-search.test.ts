import {
  againstLedger,
  corruption,
  strangers,
  type LedgerPosting,
  type OwnPosting,
} from '../../src/domain/proof/proof-search';

const own = (reference: string, amount: bigint): OwnPosting => {
  return { reference, amount, currency: 'USD' };
};
const posting = (reference: string, amount: bigint, currency = 'USD'): LedgerPosting => ({
  id: `blnk_${reference}`,
  reference,
  amount,
  currency,
  bookedAt: 1_700_000_100,
  description: null,
});
const kinds = (items: readonly { kind: string; reference: string }[]) =>
  items.map(({ kind, reference }) => `${kind} ${reference}`);

describe('our postings against those of the ledger', () => {
  test('nothing is named where the ledger has each as it was posted', () => {
    const found = [posting('pi_1', 100n), posting('txn_1.fee', -3n), posting('of another', 1n)];
    expect(againstLedger([own('pi_1', 100n), own('txn_1.fee', -3n)], found)).toEqual([]);
  });

  test('what the ledger lacks is named', () => {
    expect(againstLedger([own('pi_1', 100n)], [])).toMatchObject([
      { kind: 'missing_in_ledger', reference: 'pi_1', amount: 100n, theirs: null },
    ]);
  });

  test('an accepted posting of others that is gone is not taken for one of ours', () => {
    expect(kinds(againstLedger([{ ...own('by hand', 4n), isAccepted: true }], []))).toEqual([
      'accepted_gone by hand',
    ]);
  });

  test('another amount and another direction are named with both sides', () => {
    const found = [posting('pi_1', 101n), posting('pi_2', -5n)];
    expect(againstLedger([own('pi_1', 100n), own('pi_2', 5n)], found)).toMatchObject([
      { kind: 'other_in_ledger', reference: 'pi_1', amount: 100n, theirs: 101n, at: 1_700_000_100 },
      { kind: 'other_in_ledger', reference: 'pi_2', amount: 5n, theirs: -5n },
    ]);
  });

  test('another currency is named in both', () => {
    expect(againstLedger([own('pi_1', 100n)], [posting('pi_1', 100n, 'usd')])).toMatchObject([
      { kind: 'other_in_ledger', currency: 'USD', amount: 100n, theirs: 0n },
      { kind: 'other_in_ledger', currency: 'usd', amount: 0n, theirs: 100n },
    ]);
  });
});

describe('postings of others', () => {
  const isOurs = ({ reference }: LedgerPosting) => reference.startsWith('pi_');

  test('are those that are neither ours nor accepted, each once', () => {
    const stranger = { ...posting('by hand', -1_234n), description: 'correction' };
    const listed = [posting('pi_1', 5n), stranger, posting('agreed', 7n), stranger];
    expect(strangers(listed, (one) => isOurs(one) || one.reference === 'agreed')).toEqual([
      {
        kind: 'foreign',
        reference: 'by hand',
        currency: 'USD',
        amount: -1_234n,
        theirs: null,
        at: 1_700_000_100,
        note: 'correction',
        transactionId: stranger.id,
      },
    ]);
  });

  test('are named and accepted by Blnk’s id where they have no reference', () => {
    const nameless = { ...posting('', 5n), id: 'blnk_7' };
    expect(kinds(strangers([nameless], isOurs))).toEqual(['foreign blnk_7']);
    expect(strangers([nameless], ({ reference }) => reference === 'blnk_7')).toEqual([]);
  });

  test('both of a pair that cancels are named', () => {
    const pair = [posting('there', 50n), posting('back', -50n)];
    expect(kinds(strangers(pair, isOurs))).toEqual(['foreign there', 'foreign back']);
  });
});

describe('a running balance', () => {
  const counted = { debits: 120n, credits: 7n };
  const balance = (debits: bigint, credits: bigint) => {
    return { balanceId: 'bln_1', currency: 'USD', stated: { debits, credits }, counted };
  };

  test('is sound as the sum of its postings', () => {
    expect(corruption(balance(120n, 7n))).toEqual([]);
  });

  test('is named for each side that is not', () => {
    expect(corruption(balance(121n, 8n))).toMatchObject([
      { kind: 'corrupt_debits', reference: 'bln_1', amount: 120n, theirs: 121n },
      { kind: 'corrupt_credits', reference: 'bln_1', amount: 7n, theirs: 8n },
    ]);
  });
});
