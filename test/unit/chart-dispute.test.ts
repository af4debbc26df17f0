import type { BalanceTransaction } from '../../src/domain/movements/balance-transaction';
import { legsOf } from '../../src/domain/movements/chart';
import { lostLegs } from '../../src/domain/kinds/dispute';
import {
  aBalanceTransaction,
  aDispute,
  booked,
  MOMENT,
} from '../support/worlds/a-balance-transaction';
import { BALANCES, CHART, lines } from '../support/worlds/legs-of-row';

describe('a dispute', () => {
  const dispute = aDispute();
  const withdrawn = aBalanceTransaction({
    ...{ id: 'txn_2', type: 'adjustment', category: 'dispute', amount: -10_000n, fee: 1_500n },
    source: dispute,
  });
  const back = (amount: bigint, id = 'txn_3') =>
    aBalanceTransaction({
      ...{ id, type: 'adjustment', category: 'dispute_reversal', amount, source: dispute },
      created: MOMENT + 60,
    });
  const lost = (rows: BalanceTransaction[], more: object = {}) =>
    lines(
      lostLegs({ dispute, rows, known: booked(), isWon: false, wasLost: false, ...more }, CHART),
    );

  test('is held in @stripe-disputes, with its fee apart', () => {
    expect(lines(legsOf(withdrawn, booked(), CHART))).toEqual([
      'txn_2: @stripe-disputes > @stripe 10000 usd',
      'txn_2.fee: @stripe-fees-disputes > @stripe 1500 usd',
    ]);
  });

  test('that was withdrawn before the cut-over comes back to the opening balance, and is no loss', () => {
    const known = { ...booked(), begunBefore: true };
    expect(lines(legsOf(back(10_000n), known, CHART))).toEqual([
      'txn_3: @stripe > @stripe-opening 10000 usd',
    ]);
    expect(lost([withdrawn, back(12n)], { known })).toEqual([]);
  });

  test('that is lost is its payer’s, row by row', () => {
    expect(lost([back(12n), withdrawn])).toEqual([
      'txn_2.lost: @cus_1 > @stripe-disputes 10000 usd',
      'txn_3.lost: @stripe-disputes > @cus_1 12 usd',
    ]);
  });

  test('that is lost takes along no row that is booked elsewhere', () => {
    const adjustment = { ...back(12n), category: 'other_adjustment' };
    expect(lost([adjustment, withdrawn])).toEqual([
      'txn_2.lost: @cus_1 > @stripe-disputes 10000 usd',
    ]);
  });

  test('of which only what came back is known is nobody’s gain, in either currency', () => {
    expect(lost([back(10_000n)])).toEqual([]);
    const inEuro = { dispute: { ...dispute, amount: 9_000n, currency: 'eur' } };
    expect(lost([back(10_000n)], inEuro)).toEqual([]);
    expect(lost([back(10_000n), withdrawn], inEuro)).toEqual([]);
  });

  test('is no loss while one of its rows cannot be read', () => {
    expect(lost([withdrawn, { ...back(10_000n), amount: null }])).toEqual([]);
  });

  test('that is won as a whole leaves nothing, unless it was booked as lost before', () => {
    expect(lost([withdrawn, back(10_000n)])).toEqual([]);
    expect(lost([withdrawn, back(10_000n)], { wasLost: true })).toEqual([
      'txn_2.lost: @cus_1 > @stripe-disputes 10000 usd',
      'txn_3.lost: @stripe-disputes > @cus_1 10000 usd',
    ]);
  });

  test('in another currency costs its payer the disputed amount once', () => {
    const inEuro = { dispute: { ...dispute, amount: 9_000n, currency: 'eur' } };
    const again = aBalanceTransaction({ ...withdrawn, id: 'txn_4', created: MOMENT + 90 });
    expect(lost([again, withdrawn, back(12n)], inEuro)).toEqual([
      'txn_2.lost: @cus_1 > @stripe-fx 9000 eur',
      'txn_2.lost.fx2: @stripe-fx > @stripe-disputes 10000 usd',
      'txn_3.lost.fx2: @stripe-disputes > @stripe-fx 12 usd',
      'txn_4.lost.fx2: @stripe-fx > @stripe-disputes 10000 usd',
    ]);
  });

  test('that is won in another currency costs its payer nothing, at whatever rate it comes back', () => {
    const inEuro = { dispute: { ...dispute, amount: 9_000n, currency: 'eur' }, isWon: true };
    expect(lost([withdrawn, back(10_000n)], inEuro)).toEqual([]);
    const moved = [
      'txn_2.lost.fx2: @stripe-fx > @stripe-disputes 10000 usd',
      'txn_3.lost.fx2: @stripe-disputes > @stripe-fx 10080 usd',
    ];
    expect(lost([withdrawn, back(10_080n)], inEuro)).toEqual(moved);
    expect(lost([withdrawn, back(9_000n)], inEuro)).toHaveLength(2);
    // Lost first, and won by an appeal: what was booked as theirs is left to a person.
    expect(lost([withdrawn, back(10_080n)], { ...inEuro, wasLost: true })).toEqual(moved);
  });

  test('of which nothing was withdrawn at one rate leaves nothing behind at another', () => {
    const one = { dispute: { ...dispute, amount: 1n, currency: 'eur' }, isWon: true };
    expect(lost([{ ...withdrawn, amount: 0n }, back(1n)], one)).toEqual([
      'txn_3.lost.fx2: @stripe-disputes > @stripe-fx 1 usd',
    ]);
  });

  test('withdrawn twice in one second costs its payer that once under the same reference, in whatever order', () => {
    const inEuro = { dispute: { ...dispute, amount: 9_000n, currency: 'eur' } };
    const again = aBalanceTransaction({ ...withdrawn, id: 'txn_4' });
    const both = [
      'txn_2.lost: @cus_1 > @stripe-fx 9000 eur',
      'txn_2.lost.fx2: @stripe-fx > @stripe-disputes 10000 usd',
      'txn_4.lost.fx2: @stripe-fx > @stripe-disputes 10000 usd',
    ];
    expect(lost([withdrawn, again], inEuro)).toEqual(both);
    expect(lost([again, withdrawn], inEuro)).toEqual(both);
  });

  test('is borne by the balance that the settings name', () => {
    const chart = { ...CHART, balances: { ...BALANCES, disputesLost: '@losses' } };
    const all = lostLegs(
      { dispute, rows: [withdrawn], known: booked(), isWon: false, wasLost: false },
      chart,
    );
    expect(lines(all)).toEqual(['txn_2.lost: @losses > @stripe-disputes 10000 usd']);
  });

  test('has no leg for a row before the cut-over, or of another balance', () => {
    const early = { ...withdrawn, created: CHART.cutOver - 1 };
    expect(lost([early])).toEqual([]);
    expect(lost([{ ...withdrawn, balanceType: 'issuing' }])).toEqual([]);
  });
});
