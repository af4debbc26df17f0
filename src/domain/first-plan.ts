/** What the first sync of an instance would post, summed up for its owner before anything is posted. */
import type { PlannedPayment } from './plan';

export interface FirstPlan {
  readonly toPost: number;
  readonly alreadyPosted: number;
  readonly toSetAside: number;
  readonly beforeSince: number;
  /** Of those that would be posted: minor units as decimal strings, by currency. */
  readonly amounts: Readonly<Record<string, string>>;
  /** false: there are more than were read in the time that there was. */
  readonly isComplete: boolean;
}

type PlannedPart = Pick<PlannedPayment, 'outcome' | 'amount' | 'currency'>;

export const EMPTY_PLAN: FirstPlan = {
  toPost: 0,
  alreadyPosted: 0,
  toSetAside: 0,
  beforeSince: 0,
  amounts: {},
  isComplete: true,
};

export function withPayments(plan: FirstPlan, payments: readonly PlannedPart[]): FirstPlan {
  const of = (outcome: PlannedPart['outcome']) =>
    payments.filter((payment) => payment.outcome === outcome).length;
  const amounts = new Map(Object.entries(plan.amounts));
  for (const { outcome, amount, currency } of payments) {
    if (outcome !== 'to_post' || currency === null) continue;
    amounts.set(currency, (BigInt(amounts.get(currency) ?? '0') + BigInt(amount)).toString());
  }
  return {
    ...plan,
    toPost: plan.toPost + of('to_post'),
    alreadyPosted: plan.alreadyPosted + of('already_posted'),
    toSetAside: plan.toSetAside + of('to_set_aside'),
    beforeSince: plan.beforeSince + of('before_since'),
    amounts: Object.fromEntries(amounts),
  };
}
