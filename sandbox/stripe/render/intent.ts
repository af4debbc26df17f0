/**
 * The JSON that Stripe sends for a PaymentIntent and for its charge, with every field of the API's version
 * that a read returns unasked. It includes contact and card details, as Stripe does, so that tests can show
 * that none of them is kept. Each can hold the other, so they are one file.
 */
import { wireAmount } from '../amount';
import type { Intent } from '../objects/intent';
import type { ChargeMoney, View } from './view';

export function renderIntent(intent: Intent, view: View): Record<string, unknown> {
  const { id, charge, status } = intent;
  const amount = wireAmount(intent.amount);
  const expanded = charge !== null && view.expandCharge === true;
  return {
    id,
    object: 'payment_intent',
    allowed_payment_method_types: null,
    amount,
    amount_capturable: status === 'requires_capture' ? amount : 0,
    amount_details: { tip: {} },
    amount_received: wireAmount(intent.amountReceived),
    application: null,
    application_fee_amount: null,
    automatic_payment_methods: { allow_redirects: 'always', enabled: true },
    canceled_at: status === 'canceled' ? intent.created : null,
    cancellation_reason: status === 'canceled' ? 'abandoned' : null,
    capture_method: intent.captureMethod,
    client_secret: `${id}_secret_${id.slice(-10)}`,
    confirmation_method: 'automatic',
    created: intent.created,
    currency: intent.currency,
    customer: intent.customer,
    customer_account: intent.customerAccount,
    description: intent.description,
    excluded_payment_method_types: null,
    last_payment_error: null,
    latest_charge: expanded ? renderCharge(intent, view) : (charge?.id ?? null),
    livemode: view.livemode,
    managed_payments: null,
    metadata: intent.metadata,
    next_action: null,
    on_behalf_of: null,
    payment_method: charge === null ? null : `pm_1${id.slice(4)}`,
    payment_method_configuration_details: null,
    payment_method_options: {},
    payment_method_types: [intent.paymentMethodType],
    payment_record: null,
    processing: null,
    receipt_email: intent.receiptEmail,
    review: null,
    setup_future_usage: null,
    shipping: null,
    source: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status,
    transfer_data: null,
    transfer_group: null,
  };
}

/** The charge that an intent tells of. */
export function renderCharge(intent: Intent, view: View): Record<string, unknown> | null {
  const { charge, status } = intent;
  if (charge === null) return null;
  const captured = status === 'succeeded';
  const isOpen = status === 'requires_capture';
  const money = view.moneyOf?.(charge.id) ?? NOTHING_YET;
  return {
    id: charge.id,
    object: 'charge',
    amount: wireAmount(intent.amount),
    amount_captured: captured || isOpen ? wireAmount(intent.amountReceived) : 0,
    amount_refunded: money.amountRefunded,
    application: null,
    application_fee: null,
    application_fee_amount: null,
    // With asynchronous capture it may not be there yet when the payment succeeds.
    balance_transaction: money.balanceTransaction,
    billing_details: {
      address: { city: null, country: 'US', line1: null, postal_code: '94107', state: null },
      email: intent.receiptEmail,
      name: 'Jenny Rosen',
      phone: null,
      tax_id: null,
    },
    calculated_statement_descriptor: 'SANDBOX',
    captured,
    created: charge.created,
    currency: intent.currency,
    customer: intent.customer,
    description: intent.description,
    disputed: money.disputed,
    failure_balance_transaction: money.failureBalanceTransaction,
    failure_code: null,
    failure_message: null,
    fraud_details: {},
    livemode: view.livemode,
    metadata: intent.metadata,
    on_behalf_of: null,
    outcome: { network_status: 'approved_by_network', risk_level: 'normal', type: 'authorized' },
    paid: status === 'succeeded' || status === 'requires_capture',
    payment_intent: view.expandIntent
      ? renderIntent(intent, { livemode: view.livemode })
      : intent.id,
    payment_method: `pm_1${intent.id.slice(4)}`,
    payment_method_details: renderMethod(intent.paymentMethodType),
    receipt_email: intent.receiptEmail,
    receipt_number: null,
    receipt_url: null,
    refunded: money.refunded,
    review: null,
    shipping: null,
    source: null,
    source_transfer: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: chargeStatus(status),
    transfer_data: null,
    transfer_group: null,
  };
}

/** Also of an authorisation, and of one that was given up; an attempt that failed is over. */
function chargeStatus(status: Intent['status']): string {
  if (status === 'processing') return 'pending';
  return status === 'requires_payment_method' ? 'failed' : 'succeeded';
}

const NOTHING_YET: ChargeMoney = {
  ...{ amountRefunded: 0, refunded: false, disputed: false },
  ...{ balanceTransaction: null, failureBalanceTransaction: null },
};

function renderMethod(type: string): Record<string, unknown> {
  if (type !== 'card') return { type, [type]: { last4: '6789' } };
  return { type, card: { brand: 'visa', exp_month: 12, exp_year: 2034, last4: '4242' } };
}
