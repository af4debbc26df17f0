/** The legs of one row as lines that are read at a glance, on an instance as any other. */
import type { BalanceTransaction } from '../../../src/domain/movements/balance-transaction';
import { judge, legsOf } from '../../../src/domain/movements/chart';
import { NOTHING_KNOWN, type Known } from '../../../src/domain/movements/known';
import type { Leg } from '../../../src/domain/movements/leg';
import { aBalanceTransaction, aCharge, aRefund, MOMENT } from './a-balance-transaction';

export const BALANCES = { source: '@stripe', guest: '@stripe-guest' };
export const CHART = { balances: BALANCES, cutOver: MOMENT - 1_000 };
export const LEG_CONTEXT = { syncId: 'sync_1', stripeAccount: 'acct_1', livemode: false };

export const DEBIT = { type: 'payment', source: aCharge({ status: 'pending' }) } as const;
export const REFUND = {
  ...{ type: 'refund', category: 'refund', amount: -2_500n },
  source: aRefund(),
} as const;
export const FAILURE = {
  ...{ type: 'payment_failure_refund', category: 'charge_failure', amount: -10_000n },
} as const;
export const EARLIER: Known = {
  payIn: { state: 'earlier', chargeId: 'ch_1', payer: 'cus_1', isInLedger: false },
  begunBefore: false,
};

export function legs(
  fields: Partial<BalanceTransaction>,
  known: Known = NOTHING_KNOWN,
): readonly Leg[] {
  return legsOf(aBalanceTransaction(fields), known, CHART);
}

/** reference: from > to amount currency */
export function lines(all: readonly Leg[]): string[] {
  return all.map(
    ({ reference, from, to, amount, currency }) =>
      `${reference}: ${from} > ${to} ${String(amount)} ${String(currency)}`,
  );
}

/** What becomes of each: `post`, or the reason why it is set aside. */
export function verdicts(all: readonly Leg[]): string[] {
  return all.map((leg) => {
    const verdict = judge(leg, LEG_CONTEXT);
    return verdict.kind === 'set_aside' ? verdict.reason : verdict.kind;
  });
}
