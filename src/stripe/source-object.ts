/**
 * What a balance transaction came from, as far as its booking depends on it. What cannot be read in full is no
 * source at all: a charge whose PaymentIntent is not told must not pass for one that has none.
 */
import { z } from 'zod';
import type { SourceObject } from '../domain/movements/balance-transaction';
import { isPayerId } from '../domain/payer';
import { minor } from './exact';
import { fieldsOf, idOf } from './rows';
import { code, payerOf, word } from './schema';

/** Of another object: its id, or itself; nothing where there is none. Anything else is not read. */
const other = z.unknown().transform((value, context) => {
  if (value === null) return null;
  const id = idOf(value);
  if (id === null) context.addIssue({ code: 'custom', message: 'no id' });
  return id;
});

/** A field without which there is an outcome as well. */
function lenient<Parsed>(schema: z.ZodType<Parsed>) {
  return schema.nullable().catch(null);
}

const payment = {
  payment_intent: other,
  amount: lenient(minor),
  currency: lenient(code),
};
const charge = z.object({
  ...payment,
  amount_captured: lenient(minor),
  status: lenient(word),
});
const ofCharge = z.object({ ...payment, charge: other });
/** It holds its rows whole, unasked. */
const disputed = ofCharge.extend({
  balance_transactions: lenient(z.array(z.object({ created: z.int().nonnegative() }))),
});

type Fields = Readonly<Record<string, unknown>>;
type Read = (id: string, fields: Fields) => SourceObject | undefined;

/** By Stripe's name of the object. A map, since that name may be one of any object: `constructor`. */
const READ: ReadonlyMap<string, Read> = new Map<string, Read>([
  ['charge', chargeOf],
  ['refund', refundOf],
  ['dispute', disputeOf],
  ['payout', (id) => ({ object: 'payout', id })],
  ['transfer', (id, { destination }) => ({ ...transfer(id), destination: idOf(destination) })],
  ['transfer_reversal', reversalOf],
]);

/** What is booked by its id alone, by what such an id begins with: a key that may not read it does no harm. */
const BY_ID: ReadonlyMap<string, (id: string) => SourceObject> = new Map([
  ['po', (id: string): SourceObject => ({ object: 'payout', id })],
  ['tr', transfer],
  ['trr', (id: string): SourceObject => ({ ...transfer(null), reversalId: id })],
  ['dp', unreadDispute],
  ['du', unreadDispute],
]);

/** A total function. */
export function sourceOf(value: unknown): SourceObject {
  const fields = fieldsOf(value);
  const id = idOf(value);
  if (id === null) return { object: 'other', id };
  const name = fields?.['object'];
  const read = fields && typeof name === 'string' ? READ.get(name)?.(id, fields) : undefined;
  return read ?? BY_ID.get(prefixOf(id))?.(id) ?? { object: 'other', id };
}

export function prefixOf(id: string): string {
  return id.slice(0, Math.max(0, id.indexOf('_')));
}

function chargeOf(id: string, fields: Fields): SourceObject | undefined {
  const { data } = charge.safeParse(fields);
  if (!data) return undefined;
  return {
    object: 'charge',
    id,
    paymentIntentId: data.payment_intent,
    customer: customerOf(fields),
    status: data.status,
    amountCaptured: data.amount_captured,
    currency: data.currency,
  };
}

function refundOf(id: string, fields: Fields): SourceObject | undefined {
  const { data } = ofCharge.safeParse(fields);
  if (!data) return undefined;
  const { charge: chargeId, payment_intent: paymentIntentId, amount, currency } = data;
  const customer = customerOf(fields);
  return { object: 'refund', id, chargeId, paymentIntentId, customer, amount, currency };
}

export function disputeOf(id: string, fields: Fields) {
  const { data } = disputed.safeParse(fields);
  if (!data) return undefined;
  const { charge: chargeId, payment_intent: paymentIntentId, amount, currency } = data;
  const times = data.balance_transactions?.map(({ created }) => created) ?? [];
  const begunAt = times.length > 0 ? Math.min(...times) : null;
  return { object: 'dispute', id, chargeId, paymentIntentId, amount, currency, begunAt } as const;
}

/** Its rows are held by `@stripe-disputes`, whatever it is about. */
function unreadDispute(id: string): SourceObject {
  const unread = { chargeId: null, paymentIntentId: null, amount: null, currency: null };
  return { object: 'dispute', id, ...unread, begunAt: null };
}

function transfer(id: string | null) {
  return { object: 'transfer', id, reversalId: null, destination: null } as const;
}

function reversalOf(reversalId: string, fields: Fields): SourceObject {
  const of = fields['transfer'];
  const destination = idOf(fieldsOf(of)?.['destination']);
  return { object: 'transfer', id: idOf(of), reversalId, destination };
}

/** Who paid, as of a PaymentIntent. What cannot be an id is the empty one: somebody, and nobody knows who. */
function customerOf({ customer, customer_account: account }: Fields): string | null {
  const payer = payerOf(customer) ?? payerOf(account);
  return payer === null || isPayerId(payer) ? payer : '';
}
