/** What the first sync of an instance would post, summed up for its owner before anything is posted. */
import { byOutcome } from './outcomes';
import { asPlanned, PLANNED_FIELD, type ByPlanned, type PlannedPayment } from './plan';

export interface FirstPlan extends ByPlanned<number> {
  /** Of those that would be posted: minor units as decimal strings, by currency. */
  readonly amounts: Readonly<Record<string, string>>;
  /** false: there are more than were read in the time that there was. */
  readonly isComplete: boolean;
}

type PlannedPart = Pick<PlannedPayment, 'outcome' | 'amount' | 'currency'>;

export const EMPTY_PLAN: FirstPlan = {
  ...asPlanned(byOutcome(() => 0)),
  amounts: {},
  isComplete: true,
};

export function withPayments(plan: FirstPlan, payments: readonly PlannedPart[]): FirstPlan {
  const counts: { -readonly [field in keyof FirstPlan]: FirstPlan[field] } = { ...plan };
  const amounts = new Map(Object.entries(plan.amounts));
  for (const { outcome, amount, currency } of payments) {
    counts[PLANNED_FIELD[outcome]] += 1;
    if (outcome !== 'to_post' || currency === null) continue;
    amounts.set(currency, (BigInt(amounts.get(currency) ?? '0') + BigInt(amount)).toString());
  }
  return { ...counts, amounts: Object.fromEntries(amounts) };
}
