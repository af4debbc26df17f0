/** docs/movements.md is what an accountant reads: it is held against the chart and the worked example. */
import { ALL_ACCOUNTS, accountOf } from '../../src/domain/movements/accounts';
import { CATEGORIES, TYPES_FIRST } from '../../src/domain/kinds/choice';
import { formatAmount } from '../../src/domain/money';
import { tinyLedger } from '../support/books/tiny-ledger';
import { readText } from '../support/source-files';
import { legs } from '../support/worlds/legs-of-row';
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

/** What the tables of bookings call one thing that Stripe says: a word, or the beginning of several. */
interface Named {
  readonly word: string;
  readonly isBeginning: boolean;
  /** A type that decides before the category does. */
  readonly isType: boolean;
  /** Where it goes, as the table says it. */
  readonly to: string;
}

function namedWords(): Named[] {
  const section = text.split('\n## What is booked for what\n')[1]!.split('\n## ')[0]!;
  const rows = section.split('\n').filter((line) => line.startsWith('|'));
  return rows.flatMap((line) => {
    const [, says = '', to = ''] = line.split('|');
    return [...says.matchAll(/`([a-z]+(?:_[a-z]+)*)(_…)?`(\\\*)?/g)].map(
      ([, word = '', more, star]) => ({
        ...{ word, to, isBeginning: more !== undefined, isType: star !== undefined },
      }),
    );
  });
}

const isNamed = (one: Named, word: string, isType: boolean) =>
  one.isType === isType && (one.isBeginning ? word.startsWith(`${one.word}_`) : one.word === word);

test.each([
  ['category', CATEGORIES, false],
  ['type that decides first', TYPES_FIRST, true],
] as const)('every %s is in the tables, and no other', (_name, words, isType) => {
  const named = namedWords().filter((one) => one.isType === isType);
  const known = [...words.keys()];
  expect(known.filter((word) => !named.some((one) => isNamed(one, word, isType)))).toEqual([]);
  expect(named.filter((one) => !known.some((word) => isNamed(one, word, isType)))).toEqual([]);
});

test('each goes where the last table says', () => {
  const table = tableUnder('What is booked for what', "with the row's amount:");
  expect(table.length).toBeGreaterThan(10);
  const cells = new Set(table.map(([, to]) => to));
  const named = namedWords().filter(({ to }) => cells.has(to.trim().replaceAll('`', '')));
  const told = [...CATEGORIES.keys(), ...TYPES_FIRST.keys()].flatMap((word) => {
    const isType = TYPES_FIRST.has(word);
    const own = named.find((one) => isNamed(one, word, isType));
    const row = isType ? { type: word } : { type: null, category: word };
    return own ? [[word, own.to.includes(`\`${legs(row)[0]!.to}\``)]] : [];
  });
  expect(told.filter(([, isTrue]) => !isTrue)).toEqual([]);
  expect(told.length).toBeGreaterThan(35);
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
