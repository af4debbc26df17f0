/**
 * The legs of the fee inside a balance transaction: one for each of the types that its details name. Details that
 * do not add up to it are not believed: then it is one leg as a whole.
 */
import type { Account } from './accounts';
import { netOf, type BalanceTransaction, type FeeDetail } from './balance-transaction';
import { account } from './counter';
import { feeLegOf, type LegName } from '../ids';
import type { SettledKind } from '../kinds/kind';
import { onStripe, type Booking, type Leg } from './leg';

interface FeeLeg {
  readonly leg: LegName;
  readonly to: Account;
}

export function feeLegs(booking: Booking, own: SettledKind['fees']): Leg[] {
  const { bt, balances } = booking;
  const whole = feeOf(bt);
  const sums = addUp(bt, whole) ?? new Map([['stripe_fee', whole]]);
  return [...sums].flatMap(([type, amount]) => {
    const { leg, to } = legOf(type, own);
    // A fee leaves Stripe's balance, and a negative one comes back to it.
    const change = { leg, amount: amount === null ? null : -amount, currency: bt.currency };
    return onStripe(booking, change, account(balances, to, 'fees', 'feesDisputes', 'feesServices'));
  });
}

/** What the net lacks of the amount, whatever the field says: the balance moves by the net. */
function feeOf(bt: BalanceTransaction): bigint | null {
  const net = netOf(bt);
  return bt.amount === null || net === null ? bt.fee : bt.amount - net;
}

/** By type; undefined: they are not all of the fee, or not in its currency. */
function addUp(
  { feeDetails, currency }: BalanceTransaction,
  whole: bigint | null,
): ReadonlyMap<string, bigint> | undefined {
  const sums = new Map<string, bigint>();
  let sum = 0n;
  for (const detail of feeDetails ?? []) {
    if (detail.amount === null || !isIn(detail, currency)) return undefined;
    const type = detail.type ?? 'unknown';
    sums.set(type, (sums.get(type) ?? 0n) + detail.amount);
    sum += detail.amount;
  }
  return sum === whole ? sums : undefined;
}

function isIn(detail: FeeDetail, currency: string | null): boolean {
  return detail.currency?.toLowerCase() === currency?.toLowerCase();
}

/** A type that is learned later keeps its leg: only the account may be another one from then on. */
function legOf(type: string, own: SettledKind['fees']): FeeLeg {
  switch (type) {
    case 'stripe_fee':
      return { leg: 'fee', to: own };
    case 'tax':
      return { leg: 'tax', to: 'feesTax' };
    case 'withheld_tax':
      return { leg: 'withheld', to: 'feesTax' };
    case 'payment_method_passthrough_fee':
      return { leg: 'network', to: 'feesNetwork' };
    case 'application_fee':
      return { leg: 'appfee', to: 'feesApplication' };
    default:
      return { leg: feeLegOf(type), to: 'suspense' };
  }
}
