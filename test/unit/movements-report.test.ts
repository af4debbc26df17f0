import { movementsOf, movementTexts } from '../../src/domain/movements/movements-report';
import { NO_COUNTS } from '../../src/domain/outcomes';
import { prove, type CurrencyFacts } from '../../src/domain/proof/proof';
import { proofAsJson } from '../../src/domain/proof/proof-json';
import { AT, aCurrency, anItem, judged } from '../support/books/a-currency';

const said = (facts: Partial<CurrencyFacts>) =>
  movementTexts({ proof: proofAsJson(prove(AT + 10, null, [aCurrency(facts)])) });

const booked = { debits: 22_000n, credits: 1_100n };
const stripe = { at: AT, available: 10_400n, pending: 0n, judgement: judged(0n, 100n) };
const between = {
  ...{ booked, stripe, entered: 10_500n },
  notYet: { count: 1, amount: 10_000n, oldest: AT },
  items: [anItem('set_aside', 'txn_1', -400n)],
};
const LINES =
  'ledger 209.00 - 100.00 (booked, not yet in Stripe) - 4.00 (set aside) - 1.00 (moved since the reading)';

test('a proof of a report is an equation that adds up', () => {
  expect(said({})).toEqual(['USD  Stripe 113.00 = ledger 113.00: proven']);
  expect(said({ ...between, ledger: booked })).toEqual([
    `USD  Stripe 104.00 = ${LINES}: explained`,
  ]);
});

test('one that is not proven is none, and names what is unexplained', () => {
  const ledger = { ...booked, debits: 22_005n };
  expect(said({ ...between, ledger })).toEqual([
    `USD  Stripe 104.00, ${LINES.replace('209.00', '209.05')}, unexplained -0.05: broken`,
  ]);
  expect(said({ stripe: null })).toEqual([
    'USD  Stripe not read, ledger 113.00, unexplained not known: not read, a balance was not told; `check` says whether a key lacks the right',
  ]);
});

test('movements are told by kind in the words of their postings, the most frequent first', () => {
  const counts = (found: number) => ({ ...NO_COUNTS, found, posted: found });
  const legs = { top_up: counts(1), tax: counts(2), lone_charge: counts(3), later_kind: counts(1) };
  expect(movementTexts({ movements: movementsOf(legs) })).toEqual([
    '7 movements found, 7 posted (3 of charge without a PaymentIntent, 2 of tax on fees, 1 of top-up, 1 of later kind)',
  ]);
});
