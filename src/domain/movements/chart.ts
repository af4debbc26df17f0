/**
 * The chart of accounts: from a balance transaction to the legs that book it. Together they move Stripe's balance
 * in the ledger by its net in its currency, and by nothing in any other, with the pay-in behind it if that is booked.
 */
import { isOfPayments, type BalanceTransaction } from './balance-transaction';
import { isBefore } from './bookable';
import { account } from './counter';
import { feeLegs } from './fees';
import { kindOf } from '../kinds/choice';
import { KINDS } from '../kinds/table';
import type { Known } from './known';
import { judgeLeg, onStripe, type Chart, type Leg, type LegContext } from './leg';
import type { Verdict } from '../posting';

/** A total function. None: it is of another balance, held by the opening balance, or booked by its pay-in. */
export function legsOf(bt: BalanceTransaction, known: Known, chart: Chart): readonly Leg[] {
  const { balances, cutOver } = chart;
  const kind = kindOf(bt);
  const booking = { balances, cutOver, kind, bt, known };
  if (bt.fault !== null) {
    const { amount, currency } = bt;
    return onStripe(booking, { leg: 'gross', amount, currency }, account(balances, 'suspense'));
  }
  if (!isOfPayments(bt) || isBefore(bt, chart)) return [];
  return [...KINDS[kind].legs(booking), ...feeLegs(booking, KINDS[kind].fees)];
}

/** A total function: the posting of a leg, or why there is none. */
export function judge(leg: Leg, context: LegContext): Verdict {
  return judgeLeg(leg, descriptionOf(leg), context);
}

function descriptionOf({ kind, leg }: Leg): string {
  if (leg === 'assigned') return 'Assigned what was in suspense';
  return `Imported ${KINDS[kind].text} from Stripe`;
}
