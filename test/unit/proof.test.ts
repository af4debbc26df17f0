import { NOT_YET_FOR, prove, type CurrencyFacts } from '../../src/domain/proof/proof';
import {
  bounded,
  isClosed,
  isTogether,
  mergeItems,
  namedAtStripe,
  PROOF_ITEMS,
  withoutNamed,
  type ItemKind,
} from '../../src/domain/proof/proof-items';
import { aCurrency, anItem, AT, judged, WAITS } from '../support/books/a-currency';

const proofOf = (...facts: CurrencyFacts[]) => prove(AT + 60, null, facts);
const one = (fields: Partial<CurrencyFacts>) => proofOf(aCurrency(fields)).currencies[0]!;
const stripe = (total: bigint, judgement = judged(0n)) => {
  return { at: AT, available: total, pending: 0n, judgement };
};

describe('proven', () => {
  test('is what Stripe holds, what its rows add up to and what the ledger has, each the same', () => {
    expect(one({})).toMatchObject({
      state: 'proven',
      asOf: AT,
      stripe: { available: 9_300n, pending: 2_000n },
      ledger: 11_300n,
      unexplained: 0n,
    });
  });

  test('allows for pay-ins of the last day that Stripe’s balance does not have yet', () => {
    const booked = { debits: 22_000n, credits: 700n };
    const notYet = { count: 2, amount: 10_000n, oldest: AT + 60 - NOT_YET_FOR };
    expect(one({ booked, ledger: booked, notYet })).toMatchObject({
      state: 'proven',
      ledger: 21_300n,
      unexplained: 0n,
    });
  });

  test('allows for what moved after the reading', () => {
    const booked = { debits: 12_000n, credits: 1_000n };
    expect(
      one({ entered: 11_000n, booked, ledger: booked, stripe: stripe(11_300n, judged(0n, -300n)) }),
    ).toMatchObject({ state: 'proven', movedSince: -300n, unexplained: 0n });
  });

  test('is exact beyond 2^53', () => {
    const huge = 9_007_199_254_740_993n * 1_000n;
    const booked = { debits: huge + 1n, credits: 1n };
    const facts = { entered: huge, booked, ledger: booked };
    expect(one({ ...facts, stripe: stripe(huge) }).state).toBe('proven');
    expect(one({ ...facts, stripe: stripe(huge + 1n) })).toMatchObject({
      state: 'broken',
      unexplained: 1n,
    });
  });

  test('is no more than explained where an account that was left has its money on the balance', () => {
    const ledger = { debits: 12_500n, credits: 800n };
    const items = [
      anItem('left_account', 'acct_1', 500n),
      anItem('left_account', 'acct_1, back', -100n),
    ];
    expect(one({ ledger, items })).toMatchObject({
      ...{ state: 'explained', accepted: 400n, unexplained: 0n },
    });
  });

  test('is a currency that has come and gone', () => {
    const booked = { debits: 5n, credits: 5n };
    expect(one({ entered: 0n, booked, ledger: booked, stripe: stripe(0n) }).state).toBe('proven');
  });
});

describe('explained', () => {
  test('is what is set aside, as Stripe has moved it', () => {
    const items = [anItem('set_aside', 'txn_1', -400n)];
    expect(one({ entered: 10_900n, stripe: stripe(10_900n), items })).toMatchObject({
      state: 'explained',
      setAside: -400n,
      unexplained: 0n,
    });
  });

  test('is a posting of others that was accepted', () => {
    const items = [anItem('accepted', 'by hand', 50n)];
    const ledger = { debits: 12_050n, credits: 700n };
    expect(one({ ledger, items })).toMatchObject({
      state: 'explained',
      ledger: 11_350n,
      accepted: 50n,
      unexplained: 0n,
    });
  });

  test('is what cancels, as well: it stays named', () => {
    const items = [anItem('accepted', 'there', 50n), anItem('accepted', 'back', -50n)];
    const ledger = { debits: 12_050n, credits: 750n };
    expect(one({ ledger, items })).toMatchObject({ state: 'explained', accepted: 0n });
  });

  test('is a pay-in that Stripe’s balance has not had for more than a day', () => {
    const booked = { debits: 22_000n, credits: 700n };
    const notYet = { count: 1, amount: 10_000n, oldest: AT + 60 - NOT_YET_FOR - 1 };
    expect(one({ booked, ledger: booked, notYet }).state).toBe('explained');
  });
});

describe('broken', () => {
  test('is a balance of Stripe’s that its rows do not add up to', () => {
    const facts = one({ stripe: stripe(11_305n, judged(5n)) });
    expect(facts).toMatchObject({ state: 'broken', unexplained: 5n, gaps: { stripe: 5n } });
  });

  test('is believed from the sums, whatever a reading was judged to be', () => {
    expect(one({ stripe: stripe(11_305n, judged(0n)) }).state).toBe('broken');
  });

  test.each([
    ['more debits', { debits: 12_001n, credits: 700n }, -1n],
    ['fewer debits', { debits: 11_999n, credits: 700n }, 1n],
    ['more credits', { debits: 12_000n, credits: 701n }, 1n],
    ['fewer credits', { debits: 12_000n, credits: 699n }, -1n],
    ['more of both, which cancel', { debits: 12_050n, credits: 750n }, 0n],
  ])('is a ledger with %s than ours', (_, ledger, unexplained) => {
    expect(one({ ledger })).toMatchObject({ state: 'broken', unexplained });
  });

  test('is a row of Stripe’s that was not booked, with both other sides in order', () => {
    expect(one({ entered: 11_200n, stripe: stripe(11_200n) })).toMatchObject({
      state: 'broken',
      unexplained: -100n,
      gaps: { stripe: 0n, rows: -100n, ledger: { debits: 0n, credits: 0n } },
    });
  });

  test('is two gaps that cancel', () => {
    const ledger = { debits: 12_005n, credits: 700n };
    expect(one({ ledger, stripe: stripe(11_305n, judged(5n)) })).toMatchObject({
      state: 'broken',
      unexplained: 0n,
    });
  });

  test('is a fault that was found while the sums come out even', () => {
    expect(one({ items: [anItem('foreign', 'by hand', 5n)] }).state).toBe('broken');
  });

  test('is known without Stripe’s balance if the ledger does not agree with us', () => {
    const ledger = { debits: 12_001n, credits: 700n };
    expect(one({ stripe: null, ledger }).state).toBe('broken');
    expect(one({ stripe: stripe(0n, WAITS), ledger }).state).toBe('broken');
  });
});

describe('neither', () => {
  test('is waiting while its reading waits', () => {
    expect(one({ stripe: stripe(11_305n, WAITS) })).toMatchObject({
      state: 'waiting',
      asOf: AT,
      movedSince: null,
      unexplained: null,
    });
  });

  test('is waiting while something is neither booked nor set aside', () => {
    expect(one({ staged: 1 }).state).toBe('waiting');
    expect(one({ staged: 1, entered: 0n }).state).toBe('waiting');
  });

  test('is not read if a key may not read Stripe’s balance or the ledger’s', () => {
    expect(one({ stripe: null })).toMatchObject({ state: 'not_read', unexplained: null });
    expect(one({ ledger: null })).toMatchObject({ state: 'not_read', unexplained: null });
  });

  test('is not read where Stripe’s rows were not read to their end, whatever else is open', () => {
    const read = { stripe: stripe(11_300n, WAITS) };
    const unread = { code: 'STRIPE_PERMISSION_MISSING', right: 'rak_x_read' };
    expect(one({ ...read, unread })).toMatchObject({ state: 'not_read', unread });
    expect(one({ ...read, unread, staged: 1 }).state).toBe('not_read');
    // What is wrong all the same is no less wrong for it.
    expect(one({ ...read, unread, entered: 0n })).toMatchObject({ state: 'broken', unread });
    expect(one({ unread: null })).not.toHaveProperty('unread');
  });
});

describe('of several currencies', () => {
  const proven = aCurrency();
  const explained = aCurrency({ notYet: { count: 1, amount: 0n, oldest: 0 } });
  const waiting = aCurrency({ staged: 1 });
  const unread = aCurrency({ stripe: null });
  const broken = aCurrency({ entered: 0n });

  test.each([
    [[proven, proven], 'proven'],
    [[proven, explained], 'explained'],
    [[explained, unread, proven], 'not_read'],
    [[unread, waiting, proven], 'waiting'],
    [[proven, waiting, unread, broken, explained], 'broken'],
  ])('the worst counts (%#)', (facts, state) => {
    expect(proofOf(...facts).state).toBe(state);
  });

  test('none at all proves nothing', () => {
    expect(proofOf().state).toBe('not_read');
  });
});

describe('what is named', () => {
  const closed = { stripe: 0n, rows: 0n, ledger: { debits: 0n, credits: 0n } };

  test.each<[ItemKind, amount: bigint, theirs: bigint | null, gaps: object]>([
    ['not_booked', 5n, null, { rows: 5n }],
    ['missing_at_stripe', 5n, null, { stripe: -5n }],
    ['other_at_stripe', 5n, 7n, { stripe: 2n }],
    ['missing_in_ledger', 5n, null, { ledger: { debits: -5n, credits: 0n } }],
    ['missing_in_ledger', -5n, null, { ledger: { debits: 0n, credits: -5n } }],
    ['accepted_gone', 5n, null, { ledger: { debits: -5n, credits: 0n } }],
    ['other_in_ledger', 5n, 7n, { ledger: { debits: 2n, credits: 0n } }],
    ['other_in_ledger', 5n, -5n, { ledger: { debits: -5n, credits: 5n } }],
    ['foreign', -5n, null, { ledger: { debits: 0n, credits: 5n } }],
    ['corrupt_debits', 5n, 2n, { ledger: { debits: -3n, credits: 0n } }],
    ['corrupt_credits', 5n, 9n, { ledger: { debits: 0n, credits: 4n } }],
  ])('%s of %s (there %s) accounts for its gap', (kind, amount, theirs, gaps) => {
    const open = { ...closed, ...gaps };
    expect(isClosed(open)).toBe(false);
    expect(isClosed(withoutNamed(open, [anItem(kind, 'x', amount, theirs)]))).toBe(true);
  });

  test('what is expected or healed accounts for no gap, and every fault for one', () => {
    const open = { stripe: 7n, rows: 7n, ledger: { debits: 7n, credits: 7n } };
    for (const kind of Object.keys(PROOF_ITEMS) as ItemKind[]) {
      const left = withoutNamed(open, [anItem(kind, 'x', 5n, 3n)]);
      expect([kind, JSON.stringify(left, asText) === JSON.stringify(open, asText)]).toEqual([
        kind,
        PROOF_ITEMS[kind].is !== 'fault',
      ]);
    }
  });

  test('at Stripe’s side is what a reading is then judged for', () => {
    const items = [
      anItem('missing_at_stripe', 'a', 5n),
      anItem('other_at_stripe', 'b', 5n, 7n),
      anItem('foreign', 'c', 100n),
    ];
    expect(namedAtStripe(items)).toBe(-3n);
  });

  test('is a sum where there are too many, which accounts for as much', () => {
    const many = Array.from({ length: 1_200 }, (_, n) => anItem('foreign', `x${n}`, 5n));
    const items = bounded([...many, anItem('other_in_ledger', 'y', 5n, 7n)]);
    expect(items).toHaveLength(1_002);
    const rest = items.find(isTogether);
    expect(rest).toMatchObject({ reference: '200 more', amount: 1_000n, theirs: null });
    const open = { ...closed, ledger: { debits: 6_002n, credits: 0n } };
    expect(isClosed(withoutNamed(open, items))).toBe(true);
  });

  test('is a sum for each direction, where a sum of both would hide what each side has moved', () => {
    const many = Array.from({ length: 1_000 }, (_, n) => anItem('foreign', `x${n}`, 5n));
    const rest = [5n, -3n, 4n, -1n].map((amount, n) => anItem('foreign', `y${n}`, amount));
    const others = Array.from({ length: 1_000 }, (_, n) =>
      anItem('other_in_ledger', `o${n}`, 2n, 2n),
    );
    const turned = [
      anItem('other_in_ledger', 'p', 5n, -7n),
      anItem('other_in_ledger', 'q', 5n, 7n),
    ];
    const items = bounded([...many, ...rest, ...others, ...turned]);
    expect(items.filter(isTogether)).toMatchObject([
      { reference: '2 more', amount: 9n },
      { reference: '2 more, out', amount: -4n },
      { reference: '1 more, there the other way', amount: 5n, theirs: -7n },
      { reference: '1 more', amount: 5n, theirs: 7n },
    ]);
    const open = { ...closed, ledger: { debits: 5_009n - 5n + 2n, credits: 4n + 7n } };
    expect(isClosed(withoutNamed(open, items))).toBe(true);
    expect(mergeItems(items, items)).toHaveLength(items.length);
  });

  test('counts once, as it was found last', () => {
    const [narrow, wide] = [anItem('foreign', 'a', 5n), anItem('foreign', 'a', 6n)];
    const other = anItem('missing_in_ledger', 'a', 5n);
    expect(mergeItems([narrow, other], [wide])).toEqual([wide, other]);
    const elsewhere = { ...narrow, currency: 'EUR' };
    expect(mergeItems([narrow], [elsewhere])).toEqual([narrow, elsewhere]);
  });

  test('a gap that is not known stays so', () => {
    const unknown = { stripe: null, rows: 0n, ledger: null };
    const items = [anItem('missing_at_stripe', 'x', 5n), anItem('foreign', 'y', 5n)];
    expect(withoutNamed(unknown, items)).toEqual(unknown);
  });
});

function asText(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}
