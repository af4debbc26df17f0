import { prove, type CurrencyFacts } from '../../src/domain/proof/proof';
import { proofSentences } from '../../src/domain/proof/proof-sentences';
import { AT, aCurrency, anItem, judged, WAITS } from '../support/books/a-currency';

const said = (...facts: Partial<CurrencyFacts>[]) =>
  proofSentences(prove(AT + 10, null, facts.map(aCurrency)));

test('what is proven is an equation, for each currency', () => {
  const yen = { debits: 12_000n, credits: 700n };
  expect(said({}, { currency: 'JPY', ledger: yen, booked: yen })).toEqual([
    'Stripe 113.00 USD = ledger 113.00 USD: proven',
    'Stripe 11,300 JPY = ledger 11,300 JPY: proven',
  ]);
});

test('what lies between both sides is part of the equation', () => {
  const booked = { debits: 22_000n, credits: 1_100n };
  expect(
    said({
      ...{ booked, ledger: booked, entered: 10_500n },
      stripe: { at: AT, available: 10_400n, pending: 0n, judgement: judged(0n, 100n) },
      notYet: { count: 1, amount: 10_000n, oldest: AT },
      items: [anItem('set_aside', 'txn_1', -400n)],
    }),
  ).toEqual([
    'Stripe 104.00 USD = ledger 209.00 USD - 100.00 (booked, not yet in Stripe) - 4.00 (set aside) - 1.00 (moved since the reading): explained',
  ]);
});

test('what is not proven is none', () => {
  expect(said({ ledger: { debits: 12_100n, credits: 700n } })).toEqual([
    'Stripe 113.00 USD, ledger 114.00 USD: broken, -1.00 USD unexplained; `proofs show` names what was found',
  ]);
  expect(said({ stripe: null, ledger: { debits: 12_100n, credits: 700n } })).toEqual([
    'Stripe USD not read, ledger 114.00 USD: broken; `proofs show` names what was found',
  ]);
  const stripe = { at: AT, available: 11_200n, pending: 0n, judgement: WAITS };
  expect(said({ stripe })).toEqual([
    'Stripe 112.00 USD, ledger 113.00 USD: not decided yet, a later sync tells',
  ]);
  expect(said({ stripe: null })).toEqual([
    'Stripe USD not read, ledger 113.00 USD: not proven, a balance was not told; `check` says whether a key lacks the right',
  ]);
});

test('an opening balance that is not certain yet is what is waited for', () => {
  const stripe = { at: AT, available: 11_300n, pending: 0n, judgement: WAITS };
  const [sentence] = said({ stripe, opening: 'recent' });
  expect(sentence).toBe(
    'Stripe 113.00 USD, ledger 113.00 USD: opening balance not certain yet: the cut-over is less than an hour ago; to do: nothing, a later sync computes it',
  );
});
