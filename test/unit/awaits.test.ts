/** Which rows are looked at with every run, since legs may follow. */
import type { BalanceTransaction } from '../../src/domain/movements/balance-transaction';
import {
  appliedLegs,
  awaitsOf,
  openingLegs,
  type Awaits,
} from '../../src/domain/movements/follow-ups';
import { NOTHING_KNOWN, type EarlierPayIn, type Known } from '../../src/domain/movements/known';
import { aBalanceTransaction, aCharge, booked } from '../support/worlds/a-balance-transaction';
import { CHART, DEBIT, EARLIER, FAILURE, REFUND } from '../support/worlds/legs-of-row';

const early = { created: CHART.cutOver - 1 };
const lone = (status: string) => ({ source: aCharge({ paymentIntentId: null, status }) });
const failed = aCharge({ status: 'failed' });
const failure = { ...FAILURE, source: aCharge() };
const part = { amount: 9_999n, source: aCharge() };
const counted: Known = {
  ...EARLIER,
  payIn: { ...EARLIER.payIn, isInLedger: true } as EarlierPayIn,
};
const begun = { ...NOTHING_KNOWN, begunBefore: true };

test.each<[string, Awaits | null, Partial<BalanceTransaction>, Known?]>([
  ['a debit that is pending', 'booking', DEBIT],
  ['a charge that is booked', null, { source: aCharge() }, booked()],
  ['a charge whose pay-in is set aside', 'booking', { source: aCharge() }],
  [
    'a charge whose event may overrule that it is earlier',
    'booking',
    { source: aCharge() },
    EARLIER,
  ],
  ['one of no money', null, { source: aCharge(), amount: 0n }, EARLIER],
  ['one from before the cut-over', null, { source: aCharge(), ...early }, EARLIER],
  ['a charge that the opening balance counts', null, { source: aCharge() }, counted],
  ['a debit that began before the cut-over', 'booking', { ...DEBIT, ...early }],
  ['a charge that failed', null, { source: failed }],
  ['another charge of a payment that is booked', null, DEBIT, booked({ chargeId: 'ch_2' })],
  ['a charge from before the cut-over that is booked', 'booking', { ...DEBIT, ...early }, booked()],
  ['a part of what is booked', 'sum', part, booked()],
  ['a part of what is booked in another currency', null, part, booked({ currency: 'eur' })],
  ['a refund of what is booked', null, REFUND, booked()],
  ['a charge without a payment that is pending', 'booking', lone('pending')],
  ['a charge without a payment that has succeeded', null, lone('succeeded')],
  ['a charge without a payment from before the cut-over', null, { ...lone('pending'), ...early }],
  ['a reversal of what is not booked yet', 'booking', failure],
  ['a reversal of what is booked', null, failure, booked()],
  ['a reversal of what began before the cut-over', null, failure, begun],
  ['a debit that failed', null, { ...FAILURE, source: failed }],
  ['a refund', null, REFUND],
  ['a row of another balance', null, { ...DEBIT, balanceType: 'issuing' }],
  ['a row that cannot be read', null, { ...DEBIT, fault: 'OBJECT_UNREADABLE' }],
])('%s: %s', (_what, expected, fields, known = NOTHING_KNOWN) => {
  expect(awaitsOf(aBalanceTransaction(fields), known, CHART)).toBe(expected);
});

test('whatever a booking lets follow was waited for', () => {
  const statuses = ['pending', 'succeeded'];
  const rows = statuses.flatMap((status) =>
    [DEBIT, FAILURE].flatMap((form) =>
      [{}, early].map((when) =>
        aBalanceTransaction({ ...form, ...when, source: aCharge({ status }) }),
      ),
    ),
  );
  for (const bt of rows) {
    const follow = [...appliedLegs(bt, booked(), CHART), ...openingLegs(bt, booked(), CHART)];
    if (follow.length > 0) expect(awaitsOf(bt, NOTHING_KNOWN, CHART)).toBe('booking');
  }
});
