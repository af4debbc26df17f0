/** The JSON of a charge that was added by hand: it stands alone, or is an attempt of its intent. */
import type { Charge } from '../objects/charge';
import type { Intent } from '../objects/intent';
import { renderCharge, renderIntent } from './intent';
import type { View } from './view';

/** @param intent of the charge, if it has one */
export function renderOwnCharge(
  charge: Charge,
  intent: Intent | undefined,
  view: View,
): Record<string, unknown> {
  const { id, created, amount, currency, customer, status } = charge;
  const succeeded = status === 'succeeded';
  const like: Intent = {
    ...{ id: charge.paymentIntent ?? '', created, amount, currency, customer },
    ...{ status: succeeded ? 'succeeded' : 'processing', customerAccount: null },
    ...{ amountReceived: succeeded ? amount : '0', captureMethod: 'automatic' },
    ...{ paymentMethodType: 'card', description: null, receiptEmail: null, metadata: {} },
    charge: { id, created },
  };
  const { livemode, moneyOf } = view;
  const expanded = view.expandIntent === true && intent !== undefined;
  return {
    ...renderCharge(like, { livemode, ...(moneyOf && { moneyOf }) }),
    status,
    paid: succeeded,
    payment_intent: expanded ? renderIntent(intent, { livemode }) : charge.paymentIntent,
    source_transfer: charge.sourceTransfer,
  };
}
