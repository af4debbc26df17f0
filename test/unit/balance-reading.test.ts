import {
  currenciesOf,
  heldIn,
  totalOf,
  type BalanceReading,
} from '../../src/domain/proof/balance-reading';

const READING: BalanceReading = {
  at: 1_700_000_000,
  parts: [
    { type: 'payments', currency: 'usd', available: 9_007_199_254_740_993n, pending: -5n },
    { type: 'payments', currency: 'eur', available: -250n, pending: -50n },
    { type: 'issuing', currency: 'usd', available: 700n, pending: 0n },
    { type: 'connect_reserved', currency: 'gbp', available: 3n, pending: 0n },
  ],
};

test('what Stripe holds is available and pending of the payments balance, exact beyond 2^53', () => {
  expect(heldIn(READING, 'USD')).toEqual({ available: 9_007_199_254_740_993n, pending: -5n });
  expect(totalOf(heldIn(READING, 'USD'))).toBe(9_007_199_254_740_988n);
});

test('a balance may be negative, in each of its parts', () => {
  expect(totalOf(heldIn(READING, 'EUR'))).toBe(-300n);
});

test('a currency that Stripe leaves out is zero', () => {
  expect(heldIn(READING, 'JPY')).toEqual({ available: 0n, pending: 0n });
});

test('a balance that the ledger keeps under "usd" is none of Stripe’s', () => {
  expect(totalOf(heldIn(READING, 'usd'))).toBe(0n);
});

test('other balances of Stripe’s are told apart by their type', () => {
  expect(totalOf(heldIn(READING, 'USD', 'issuing'))).toBe(700n);
  expect(totalOf(heldIn(READING, 'GBP'))).toBe(0n);
});

test('a currency is looked at as long as Stripe, our rows or the ledger have it', () => {
  expect(currenciesOf(READING, ['JPY', 'USD', 'usd'])).toEqual(['EUR', 'JPY', 'USD', 'usd']);
  expect(currenciesOf(null, ['USD'])).toEqual(['USD']);
});
