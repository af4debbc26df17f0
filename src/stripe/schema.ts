/**
 * Stripe's answers as we rely on them. The envelope is strict, since a wrong one would end a listing
 * early; a row is lenient, since one odd payment must not stop the others: what cannot be read exactly
 * becomes a fault of that pay-in.
 */
import { z } from 'zod';
import type { PayIn } from '../domain/pay-in';
import { isPayerId } from '../domain/payer';
import { confirmsAtOnce } from '../domain/payment-methods';
import type { ReasonCode } from '../domain/reasons';
import { isLong } from './exact';

/** The type of the events that are read. */
export const SUCCESS = 'payment_intent.succeeded';

/** Anything more is read leniently by `toPayIn`: Stripe's enums and objects are open. */
export const retrievedPaymentIntent = z.looseObject({
  id: z.string().regex(/^[A-Za-z0-9_]{1,255}$/),
  status: z.string(),
});

export const retrievedCharge = z.looseObject({
  id: z.string().regex(/^[A-Za-z0-9_]{1,255}$/),
  status: z.string(),
});

export const account = z.looseObject({ id: z.string().regex(/^acct_[A-Za-z0-9]{1,64}$/) });

const named = z.looseObject({
  business_profile: z.looseObject({ name: z.unknown() }).nullish().catch(null),
  settings: z
    .looseObject({ dashboard: z.looseObject({ display_name: z.unknown() }).nullish() })
    .nullish()
    .catch(null),
});

/** As its owner calls it: what customers see, or else what the Dashboard shows. */
export function nameOf(answer: z.infer<typeof account>): string | null {
  const { data } = named.safeParse(answer);
  const names = [data?.business_profile?.name, data?.settings?.dashboard?.display_name];
  for (const name of names) {
    const text = typeof name === 'string' ? name.replace(/[\p{Cc}\p{Cf}\p{Cs}]/gu, '').trim() : '';
    if (text !== '') return text.slice(0, 100);
  }
  return null;
}

/** Its rows are judged one by one. */
export const list = z
  .looseObject({ object: z.literal('list'), data: z.array(z.unknown()), has_more: z.boolean() })
  .refine(({ has_more, data }) => !has_more || data.length > 0, 'has_more without rows');

/** A currency, in lower case. */
export const code = z
  .string()
  .regex(/^[A-Za-z]{3,8}$/)
  .transform((text) => text.toLowerCase());

/** One of Stripe's own words, of a list that grows. Anything else could be what no database keeps. */
export const word = z.string().regex(/^[\w.-]{1,100}$/);

const charge = z.looseObject({
  created: z.int(),
  payment_method_details: z.looseObject({ type: z.string() }).nullish().catch(null),
});

const refunds = z.looseObject({ amount_refunded: z.int().nonnegative() });

const own = z.looseObject({ capture_method: z.unknown().optional() });
const capture = own.extend({
  payment_method_options: z.record(z.string(), own.nullish().catch(null)).nullish().catch(null),
});

/** Unix seconds; null where the answer does not tell. */
type SuccessTimes = Pick<PayIn, 'succeededAt' | 'chargedAt'>;

/**
 * What a PaymentIntent with its latest charge tells of its success. A charge is made when the payment is
 * initiated, which is the success itself only for a method that confirms at once and is captured at once:
 * a bank debit settles days later, and a manual capture comes when the merchant likes.
 */
export function successTimesOf(answer: Readonly<Record<string, unknown>>): SuccessTimes {
  const { data } = charge.safeParse(answer['latest_charge']);
  if (!data) return { succeededAt: null, chargedAt: null };
  const method = data.payment_method_details?.type ?? '';
  const atOnce = confirmsAtOnce(method) && !isCapturedLater(answer, method);
  return { succeededAt: atOnce ? data.created : null, chargedAt: data.created };
}

/** null: the charge is not in the answer. */
export function refundedOf(answer: Readonly<Record<string, unknown>>): bigint | null {
  const { data } = refunds.safeParse(answer['latest_charge']);
  return data ? BigInt(data.amount_refunded) : null;
}

/** The intent says how it is captured, and may say it anew for a method. */
function isCapturedLater(answer: Readonly<Record<string, unknown>>, method: string): boolean {
  const { data } = capture.safeParse(answer);
  const words = [data?.capture_method, data?.payment_method_options?.[method]?.capture_method];
  return words.some((word) => typeof word === 'string' && word.startsWith('manual'));
}

export function toPayIn(
  answer: Readonly<Record<string, unknown>> & { readonly id: string },
  times: SuccessTimes,
): PayIn {
  const amount = amountOf(answer['amount_received']);
  const currency = answer['currency'];
  const created = answer['created'];
  const livemode = answer['livemode'];
  const readable = typeof currency === 'string' && /^[A-Za-z]{3,8}$/.test(currency);
  const account = payerOf(answer['customer_account']);
  const payer = payerOf(answer['customer']) ?? account;
  // Postgres refuses a NUL, and with it the page; and what is no id could be a contact.
  const named = payer === null || isPayerId(payer);
  const hasAlias = account !== null && account !== payer && isPayerId(account);
  return {
    id: answer.id,
    amount: amount.minor,
    currency: readable ? currency.toLowerCase() : null,
    payer: named ? payer : null,
    ...(named && hasAlias && { payerAlias: account }),
    created: Number.isSafeInteger(created) ? (created as number) : null,
    ...times,
    ...chargeIdOf(answer['latest_charge']),
    livemode: typeof livemode === 'boolean' ? livemode : null,
    fault: !readable ? 'FIELDS_MALFORMED' : !named ? 'PAYER_MALFORMED' : amount.fault,
  };
}

function amountOf(value: unknown): { minor: bigint | null; fault: ReasonCode | null } {
  if (isLong(value)) return { minor: null, fault: 'AMOUNT_UNSAFE' };
  if (typeof value !== 'number') return { minor: null, fault: 'AMOUNT_MISSING' };
  // JSON.parse has rounded it already, so what it was cannot be told.
  if (!Number.isSafeInteger(value)) return { minor: null, fault: 'AMOUNT_UNSAFE' };
  return { minor: BigInt(value), fault: null };
}

/** The last of several tries, which is the one that succeeded; an id, or the charge itself. */
function chargeIdOf(value: unknown): Pick<PayIn, 'chargeId'> {
  const id = expanded.safeParse(value).data?.id ?? value;
  return typeof id === 'string' && /^[A-Za-z0-9_]{1,255}$/.test(id) ? { chargeId: id } : {};
}

const expanded = z.looseObject({ id: z.string().min(1) });

/**
 * An id, or that of an expanded or a deleted customer (which keeps its id); null for nobody. Somebody
 * without an id is nobody's guest: the empty text, which is no id.
 */
export function payerOf(value: unknown): string | null {
  if (typeof value === 'string') return value === '' ? null : value;
  if (value === null || value === undefined) return null;
  return expanded.safeParse(value).data?.id ?? '';
}
