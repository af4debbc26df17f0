import fc from 'fast-check';
import type { PayInState } from '../../src/domain/pay-in';
import { addCounts, NO_COUNTS } from '../../src/domain/outcomes';
import { sumAmounts, sumReasons, tally, type TallyRow } from '../../src/domain/tally';

const ROW: TallyRow = {
  state: 'posted',
  currency: 'usd',
  reason: null,
  count: 1,
  amount: '1',
  newly: 0,
};
const row = (fields: Partial<TallyRow>): TallyRow => ({ ...ROW, ...fields });

test('pay-ins add up by outcome, currency and reason', () => {
  const rows = [
    row({ count: 3, amount: '6000' }),
    row({ state: 'already_posted', count: 2, amount: '500' }),
    row({ state: 'quarantined', reason: 'CONFLICT', count: 2, amount: '70', newly: 1 }),
    row({ state: 'quarantined', reason: 'CONFLICT', currency: 'jpy', amount: '900', newly: 1 }),
    row({ state: 'quarantined', reason: 'FIELDS_MALFORMED', currency: null, amount: '0' }),
    row({ state: 'before_since', currency: 'jpy', count: 4, amount: '44' }),
    // Not handled yet: neither found nor anything else.
    row({ state: 'staged', count: 9, amount: '9' }),
  ];
  expect(tally(rows)).toEqual({
    counts: { found: 13, posted: 3, alreadyPosted: 2, quarantined: 4, beforeSince: 4 },
    newlyQuarantined: 2,
    amounts: {
      JPY: { found: '944', posted: '0', alreadyPosted: '0', quarantined: '900', beforeSince: '44' },
      UNKNOWN: { found: '0', posted: '0', alreadyPosted: '0', quarantined: '0', beforeSince: '0' },
      USD: {
        found: '6570',
        posted: '6000',
        alreadyPosted: '500',
        quarantined: '70',
        beforeSince: '0',
      },
    },
    reasons: { CONFLICT: 3, FIELDS_MALFORMED: 1 },
  });
});

test('nothing adds up to nothing', () => {
  expect(tally([])).toEqual({
    counts: NO_COUNTS,
    newlyQuarantined: 0,
    amounts: {},
    reasons: {},
  });
  expect(sumAmounts([])).toEqual({});
  expect(sumReasons([])).toEqual({});
});

const states = fc.constantFrom<PayInState[]>(
  'staged',
  'posted',
  'already_posted',
  'quarantined',
  'before_since',
);
const anyRow: fc.Arbitrary<TallyRow> = fc.record({
  state: states,
  currency: fc.option(fc.constantFrom('usd', 'eur', 'jpy')),
  reason: fc.constant(null),
  count: fc.nat(1000),
  amount: fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n }).map(String),
  newly: fc.constant(0),
});

test('found is the sum of the outcomes, in count and in money of every currency', () => {
  fc.assert(
    fc.property(fc.array(anyRow), (rows) => {
      const { counts, amounts } = tally(rows);
      const { found, ...outcomes } = counts;
      expect(Object.values(outcomes).reduce((sum, count) => sum + count, 0)).toBe(found);
      for (const { found: whole, ...parts } of Object.values(amounts)) {
        const sum = Object.values(parts).reduce((total, part) => total + BigInt(part), 0n);
        expect(sum.toString()).toBe(whole);
      }
    }),
  );
});

test('the tallies of pages add up to the tally of all their rows', () => {
  fc.assert(
    fc.property(fc.array(fc.array(anyRow)), (pages) => {
      const tallies = pages.map(tally);
      const whole = tally(pages.flat());
      expect(sumAmounts(tallies.map(({ amounts }) => amounts))).toEqual(whole.amounts);
      expect(tallies.map(({ counts }) => counts).reduce(addCounts, NO_COUNTS)).toEqual(
        whole.counts,
      );
    }),
  );
});

test('the reasons of pages add up', () => {
  expect(sumReasons([{ CONFLICT: 2 }, { CONFLICT: 1, BLNK_FAILED: 4 }])).toEqual({
    CONFLICT: 3,
    BLNK_FAILED: 4,
  });
});
