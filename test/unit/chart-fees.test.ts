import type { BalanceTransaction } from '../../src/domain/movements/balance-transaction';
import { aCharge, aFee, booked } from '../support/worlds/a-balance-transaction';
import { legs, lines, REFUND, verdicts } from '../support/worlds/legs-of-row';

describe('a fee', () => {
  const fees = (
    fee: bigint | null,
    feeDetails: BalanceTransaction['feeDetails'],
    more: Partial<BalanceTransaction> = {},
  ) => lines(legs({ fee, feeDetails, source: aCharge(), ...more }, booked()));

  test('has a leg for each type that it is made of', () => {
    const details = [
      ...[aFee(100n), aFee(20n), aFee(30n, 'tax'), aFee(4n, 'withheld_tax')],
      ...[aFee(5n, 'payment_method_passthrough_fee'), aFee(6n, 'application_fee')],
    ];
    expect(fees(165n, details)).toEqual([
      'txn_1.fee: @stripe-fees > @stripe 120 usd',
      'txn_1.tax: @stripe-fees-tax > @stripe 30 usd',
      'txn_1.withheld: @stripe-fees-tax > @stripe 4 usd',
      'txn_1.network: @stripe-fees-network > @stripe 5 usd',
      'txn_1.appfee: @stripe-fees-application > @stripe 6 usd',
    ]);
  });

  test('of a type that nobody knows is in suspense, under a reference that it keeps', () => {
    expect(fees(110n, [aFee(100n), aFee(10n, 'carbon')])).toEqual([
      'txn_1.fee: @stripe-fees > @stripe 100 usd',
      'txn_1.fee_carbon: @stripe-suspense > @stripe 10 usd',
    ]);
  });

  test.each<[string, BalanceTransaction['feeDetails']]>([
    ['do not add up', [aFee(100n), aFee(30n, 'tax')]],
    ['are in another currency', [aFee(110n, 'tax', 'eur')]],
    ['lack an amount', [aFee(110n), aFee(null, 'tax')]],
    ['are missing', []],
    ['are not readable', null],
  ])('is one leg as a whole where its details %s', (_what, details) => {
    expect(fees(110n, details)).toEqual(['txn_1.fee: @stripe-fees > @stripe 110 usd']);
  });

  test('that is negative is handed back', () => {
    expect(fees(-56n, [aFee(-56n)])).toEqual(['txn_1.fee: @stripe > @stripe-fees 56 usd']);
  });

  test('of zero has no leg, but two that come to zero have', () => {
    expect(fees(0n, [])).toEqual([]);
    expect(fees(0n, [aFee(5n), aFee(-5n, 'tax')])).toHaveLength(2);
    expect(fees(0n, [aFee(5n), aFee(-5n)])).toEqual([]);
  });

  test('is what the net lacks of the amount, where the row contradicts itself', () => {
    expect(fees(320n, [aFee(320n)], { net: 9_600n })).toEqual([
      'txn_1.fee: @stripe-fees > @stripe 400 usd',
    ]);
    expect(fees(null, null, { net: 9_600n })).toEqual([
      'txn_1.fee: @stripe-fees > @stripe 400 usd',
    ]);
  });

  test('that is not readable at all is set aside', () => {
    const all = legs({ fee: null, net: null, source: aCharge() }, booked());
    expect(verdicts(all)).toEqual(['AMOUNT_MISSING']);
  });

  test('goes by what it was taken for', () => {
    const to = (fields: Partial<BalanceTransaction>) => legs({ fee: 9n, ...fields }).at(-1)!.from;
    expect(to({ type: 'payout', category: 'payout' })).toBe('@stripe-fees-services');
    expect(to(REFUND)).toBe('@stripe-fees');
    expect(to({ type: 'surprise', category: 'surprise' })).toBe('@stripe-fees-services');
  });
});
