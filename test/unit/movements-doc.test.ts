/** docs/movements.md is what an accountant reads: it is held against the chart and the worked example. */
import { ALL_ACCOUNTS, accountOf } from '../../src/domain/movements/accounts';
import { formatAmount } from '../../src/domain/money';
import { tinyLedger } from '../support/books/tiny-ledger';
import { readText } from '../support/source-files';
import { workedExample } from '../support/worlds/worked-example';

const text = readText('docs/movements.md');
const own = { source: '@stripe', guest: '@stripe-guest' };

function tableUnder(heading: string, after: string): string[][] {
  const section = text.split(`\n## ${heading}\n`)[1]!.split('\n## ')[0]!.split(after)[1]!;
  return section
    .trimStart()
    .split('\n\n')
    .find((part) => part.startsWith('|'))!
    .split('\n')
    .slice(2)
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim().replaceAll('`', '')),
    );
}

test('every account is explained', () => {
  const named = tableUnder('The accounts', 'get one of these names.').map(([names]) => names);
  const all = named.flatMap((names) => names!.split(', '));
  for (const account of ALL_ACCOUNTS) expect(all).toContain(accountOf(account, own));
});

test('each step of the example is what the chart makes of it', () => {
  const steps = workedExample().map(({ stripe: { usd, gbp } }) => [
    formatAmount(usd, 'USD'),
    formatAmount(gbp, 'GBP'),
  ]);
  const table = tableUnder('A worked example', 'zero throughout.');
  expect(table.map(([, usd, gbp]) => [usd, gbp])).toEqual(steps);
});

test('the trial balance is what the postings come to', () => {
  const ledger = tinyLedger();
  for (const { postings } of workedExample()) for (const posting of postings) ledger.post(posting);
  const table = tableUnder('A worked example', 'everything in EUR:').slice(0, -1);
  for (const [currency, column] of [
    ['USD', 1],
    ['GBP', 2],
  ] as const) {
    const told = table.filter((row) => row[column] !== '').map((row) => [row[0], row[column]]);
    const held = Object.entries(ledger.balancesIn(currency)).map(([name, balance]) => [
      name,
      formatAmount(balance, currency),
    ]);
    expect(told).toEqual(expect.arrayContaining(held));
    expect(told).toHaveLength(held.length);
  }
});
