/** A payment as what happens to its money sees it: by its PaymentIntent, its charge, or a charge alone. */
import { intentNow, type Account } from './account';

export interface Payment {
  readonly chargeId: string;
  readonly intentId: string | null;
  /** Received, in the currency of the payment. */
  readonly amount: bigint;
  readonly currency: string;
  readonly customer: string | null;
  readonly customerAccount: string | null;
}

/** @throws Error where nothing was charged */
export function paymentOf(account: Account, id: string): Payment {
  const row = account.charges.find(id);
  if (row?.charge) {
    const { charge } = row;
    return {
      chargeId: charge.id,
      intentId: charge.paymentIntent,
      amount: BigInt(charge.amount),
      currency: charge.currency,
      customer: charge.customer,
      customerAccount: null,
    };
  }
  const intent = intentNow(account, row?.intentId ?? id);
  if (!intent?.charge) throw new Error(`${id} is no payment that was charged.`);
  const { customer, customerAccount, currency, status } = intent;
  const amount = BigInt((status === 'succeeded' ? intent.amountReceived : intent.amount) ?? 0);
  const chargeId = intent.charge.id;
  return { chargeId, intentId: intent.id, amount, currency, customer, customerAccount };
}
