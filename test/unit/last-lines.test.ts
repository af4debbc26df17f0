/** What `npm start` ends its first sync with. */
import { parseArguments } from '../../src/local/run/arguments';
import { lastLines } from '../../src/local/run/first-sync';
import { prove } from '../../src/domain/proof/proof';
import { AT, aCurrency } from '../support/books/a-currency';

const count = () => Promise.resolve(['Stripe has 3 succeeded, the ledger holds 3: equal']);

test('where a proof was made, that is what the first sync ends with', async () => {
  expect(await lastLines(prove(AT, null, [aCurrency()]), count)).toEqual([
    'Stripe 113.00 USD = ledger 113.00 USD: proven',
  ]);
});

test('else what was counted is', async () => {
  expect(await lastLines(undefined, count)).toEqual(await count());
  expect(await lastLines(prove(AT, null, []), count)).toEqual(await count());
});

test('the month in which everything happens that moves a balance is one of the scenarios', () => {
  expect(parseArguments(['--scenario', 'month'])?.scenario).toBe('month');
});
