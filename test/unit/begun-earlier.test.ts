/** What becomes of a row whose charge or dispute turns out to have begun before the cut-over. */
import { movedOn, type Ends } from '../../src/domain/movements/begun-earlier';
import { NOTHING_KNOWN } from '../../src/domain/movements/known';
import { aBalanceTransaction, aCharge } from '../support/worlds/a-balance-transaction';
import { CHART, legs, lines } from '../support/worlds/legs-of-row';

test.each([null, 'eur'])(
  'a charge without a PaymentIntent that has succeeded meanwhile is booked by itself: %s',
  (currency) => {
    const source = aCharge({ paymentIntentId: null, ...(currency !== null && { currency }) });
    const bt = aBalanceTransaction({ source });
    const row = { bt, known: { ...NOTHING_KNOWN, begunBefore: true }, legs: legs({ source }) };
    const waited: Ends = { from: '@stripe', to: '@stripe-unapplied' };
    expect(lines(movedOn(row, CHART, new Map([[bt.id, waited]])))).toEqual(lines(row.legs));
  },
);
