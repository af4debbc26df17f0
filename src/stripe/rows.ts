/**
 * What each row of Stripe's lists turns out to be. One row that cannot be read must not stop the others: it
 * is asked for by its PaymentIntent, or set aside under its id.
 */
import { unreadableRowIdOf } from '../domain/ids';
import type { PayIn } from '../domain/pay-in';
import { SUCCESS, successTimesOf, toPayIn } from './schema';

export type Row =
  | { readonly kind: 'pay_in'; readonly payIn: PayIn }
  /** Has not succeeded, or has no PaymentIntent. */
  | { readonly kind: 'other' }
  | {
      readonly kind: 'ask';
      readonly paymentIntentId: string;
      /** When it succeeded, if the row tells. */
      readonly succeededAt: number | null;
    }
  /** @param id of the row, or of what it is about */
  | { readonly kind: 'unreadable'; readonly id: string };

const OTHER = { kind: 'other' } as const;

type Fields = Readonly<Record<string, unknown>>;

/** A row of a list of PaymentIntents. */
export function intentRow(row: unknown): Row {
  const intent = fieldsOf(row);
  if (intent === undefined) return unreadable(row);
  if (isIntent(intent)) {
    if (intent.status !== 'succeeded') return OTHER;
    return { kind: 'pay_in', payIn: toPayIn(intent, successTimesOf(intent)) };
  }
  const id = intentIdOf(intent);
  return id === null ? unreadable(row) : ask(id);
}

/** A row of a list of success events. Without its own time it dates nothing, and is not taken. */
export function eventRow(row: unknown): Row {
  const event = fieldsOf(row);
  if (event === undefined) return unreadable(row);
  // A server that only resembles Stripe may not filter.
  if (typeof event['type'] === 'string' && event['type'] !== SUCCESS) return OTHER;
  const told = fieldsOf(event['data'])?.['object'];
  const object = fieldsOf(told);
  const intent = object && isIntent(object) ? object : undefined;
  if (intent && intent.status !== 'succeeded') return OTHER;
  const paymentIntentId = object ? intentIdOf(object) : idOf(told);
  const succeededAt = secondsOf(event['created']);
  if (succeededAt === null) return unreadable(row, paymentIntentId);
  if (intent) {
    return { kind: 'pay_in', payIn: toPayIn(intent, { succeededAt, chargedAt: null }) };
  }
  return paymentIntentId === null ? unreadable(row) : ask(paymentIntentId, succeededAt);
}

/** A row of a list of charges, each with its PaymentIntent in it. */
export function chargeRow(row: unknown): Row {
  const charge = fieldsOf(row);
  if (charge === undefined || !isOf(charge, 'charge')) return unreadable(row);
  const { status, payment_intent: told } = charge;
  // A failed attempt, or a bank debit on its way, whose success has an event.
  if (typeof status === 'string' && status !== 'succeeded') return OTHER;
  if (told === null || told === undefined) {
    return typeof status === 'string' ? OTHER : unreadable(row);
  }
  const intent = fieldsOf(told);
  if (intent && isIntent(intent)) {
    // An authorisation that is not captured yet.
    if (intent.status !== 'succeeded') return OTHER;
    const latest = fieldsOf(intent['latest_charge'])?.['id'] ?? intent['latest_charge'];
    // Times are those of the latest charge: of another one than this Stripe has to be asked.
    if (latest !== charge['id']) return ask(intent.id);
    const times = successTimesOf({ ...intent, latest_charge: charge });
    return { kind: 'pay_in', payIn: toPayIn(intent, times) };
  }
  const id = intent ? intentIdOf(intent) : idOf(told);
  return id === null ? unreadable(row) : ask(id);
}

/** Whether a charge succeeded without a PaymentIntent: it is none of the payments that are carried over. */
export function isWithoutIntent(row: unknown): boolean {
  const charge = fieldsOf(row);
  return charge?.['status'] === 'succeeded' && !charge['payment_intent'];
}

/** The id by which a list goes on after this row; null: it has none. */
export function idOf(row: unknown): string | null {
  const id = fieldsOf(row)?.['id'] ?? row;
  return typeof id === 'string' && /^[A-Za-z0-9_]{1,255}$/.test(id) ? id : null;
}

/** What is set aside in the place of a row that cannot be read. */
export function unreadablePayIn(id: string): PayIn {
  return {
    id,
    ...{ amount: null, currency: null, payer: null, livemode: null },
    ...{ created: null, succeededAt: null, chargedAt: null },
    fault: 'OBJECT_UNREADABLE',
  };
}

export function fieldsOf(value: unknown): Fields | undefined {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? (value as Fields) : undefined;
}

/** Read as far as its status; anything more is read leniently, as Stripe's enums and objects are open. */
function isIntent(object: Fields): object is Fields & { id: string; status: string } {
  return (
    isOf(object, 'payment_intent') &&
    typeof object['id'] === 'string' &&
    idOf(object) !== null &&
    typeof object['status'] === 'string'
  );
}

/** A server that only resembles Stripe may leave the name of the type out. */
function isOf(object: Fields, type: string): boolean {
  return object['object'] === undefined || object['object'] === type;
}

/** Of an object that may be a PaymentIntent, or belong to one. */
function intentIdOf(object: Fields): string | null {
  if (isOf(object, 'payment_intent')) return idOf(object['id']);
  return idOf(object['payment_intent']);
}

function secondsOf(value: unknown): number | null {
  return Number.isSafeInteger(value) ? (value as number) : null;
}

function ask(paymentIntentId: string, succeededAt: number | null = null): Row {
  return { kind: 'ask', paymentIntentId, succeededAt };
}

function unreadable(row: unknown, about: string | null = null): Row {
  const id = about ?? (fieldsOf(row) ? idOf(row) : null);
  return { kind: 'unreadable', id: id ?? unreadableRowIdOf(JSON.stringify(row)) };
}
