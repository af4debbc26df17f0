/** Which rows are asked for with every run, since legs may follow once their pay-in is booked. */
import type { BalanceTransaction } from '../../src/domain/balance-transaction';
import { appliedLegs, awaitsBooking, openingLegs } from '../../src/domain/follow-ups';
import { NOTHING_KNOWN, type Known } from '../../src/domain/known';
import { aBalanceTransaction, aCharge, booked } from '../support/worlds/a-balance-transaction';
import { CHART, DEBIT, EARLIER, FAILURE, REFUND } from '../support/worlds/legs-of-row';

const early = { created: CHART.cutOver - 1 };
const lone = (status: string) => ({ source: aCharge({ paymentIntentId: null, status }) });
const failed = aCharge({ status: 'failed' });
const failure = { ...FAILURE, source: aCharge() };
const begun = { ...NOTHING_KNOWN, begunBefore: true };

test.each<[string, boolean, Partial<BalanceTransaction>, Known?]>([
  ['a debit that is pending', true, DEBIT],
  ['a charge that is booked', false, { source: aCharge() }, booked()],
  ['a charge whose pay-in is set aside', true, { source: aCharge() }],
  ['a charge that succeeded before the cut-over', false, { source: aCharge() }, EARLIER],
  ['a debit that began before the cut-over', true, { ...DEBIT, ...early }],
  ['a charge that failed', false, { source: failed }],
  ['another charge of a payment that is booked', true, DEBIT, booked({ chargeId: 'ch_2' })],
  ['a charge without a payment that is pending', true, lone('pending')],
  ['a charge without a payment that has succeeded', false, lone('succeeded')],
  ['a charge without a payment from before the cut-over', false, { ...lone('pending'), ...early }],
  ['a reversal of what is not booked yet', true, failure],
  ['a reversal of what is booked', false, failure, booked()],
  ['a reversal of what began before the cut-over', false, failure, begun],
  ['a debit that failed', false, { ...FAILURE, source: failed }],
  ['a refund', false, REFUND],
  ['a row of another balance', false, { ...DEBIT, balanceType: 'issuing' }],
  ['a row that cannot be read', false, { ...DEBIT, fault: 'OBJECT_UNREADABLE' }],
])('%s: %s', (_what, expected, fields, known = NOTHING_KNOWN) => {
  expect(awaitsBooking(aBalanceTransaction(fields), known, CHART)).toBe(expected);
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
    if (follow.length > 0) expect(awaitsBooking(bt, NOTHING_KNOWN, CHART)).toBe(true);
  }
});
