/**
 * The reads that are made of Stripe: account, PaymentIntents, charges, success events. Read-only. It never
 * retries by itself: Temporal does, with the waits in sight.
 */
import type Stripe from 'stripe';
import { SyncError } from '../domain/errors';
import type { PayIn } from '../domain/pay-in';
import type { StripeBudget } from '../domain/read-budget';
import type { PageSpan } from '../domain/window';
import {
  chargeRow,
  eventRow,
  fieldsOf,
  idOf,
  intentRow,
  isWithoutIntent,
  unreadablePayIn,
  type Row,
} from './rows';
import {
  account,
  nameOf,
  list,
  refundedOf,
  retrievedCharge,
  retrievedPaymentIntent,
  SUCCESS,
  successTimesOf,
  toPayIn,
} from './schema';
import { createTransport, type StripeConnection, type StripeLimits } from './transport';

export interface StripePage {
  /** The succeeded ones among the rows of the answer, and those that cannot be read. */
  readonly payIns: readonly PayIn[];
  /** null: the last page. */
  readonly nextCursor: string | null;
  /** Stripe's time of the answer, Unix seconds. */
  readonly answeredAt: number;
  /** In a listing: from when to when its rows were created; null when they do not tell. */
  readonly span: PageSpan | null;
  /** In a list of events: when the newest of its rows happened; null: no row tells. */
  readonly newest: number | null;
}

/** A charge as far as it tells whose payment it is. */
export interface ChargeFacts {
  readonly status: string;
  /** null: made with the Charges API, or arrived from a platform's account. */
  readonly paymentIntentId: string | null;
  readonly payIn: PayIn;
}

/** Closed range of creation times, Unix seconds; null = no bound. */
interface Range {
  readonly from: number | null;
  readonly to: number | null;
}

/** One PaymentIntent. */
export interface PaymentFacts {
  /** null: it has not succeeded. */
  readonly payIn: PayIn | null;
  readonly status: string;
  readonly answeredAt: number;
  /** Minor units of its charge that went back; null: the charge was not read with it. */
  readonly refunded: bigint | null;
}

export interface StripeReader {
  readonly livemode: boolean;
  /** Whether any HTTP answer has ever come in this process. */
  hasAnswered(): boolean;
  /** Whose key this is; null when the key may not read that. */
  readAccount(
    signal: AbortSignal,
  ): Promise<{ id: string | null; name: string | null; answeredAt: number }>;
  /** Succeeded PaymentIntents by creation time, newest first; bounds in Unix seconds, inclusive. */
  listPayIns(
    range: Range & { readonly withCharge: boolean },
    cursor: string | null,
    signal: AbortSignal,
  ): Promise<StripePage>;
  /** The same by the time of their charge, whatever their own age. */
  listCharges(range: Range, cursor: string | null, signal: AbortSignal): Promise<StripePage>;
  /**
   * PaymentIntents by the time they succeeded, newest first, for at most the last 30 days.
   * @param to inclusive; default: no bound
   */
  listSuccesses(
    from: number | null,
    cursor: string | null,
    signal: AbortSignal,
    to?: number | null,
  ): Promise<StripePage>;
  /** How many of the newest charges since a time have succeeded without a PaymentIntent. One read. */
  countWithoutIntent(
    from: number | null,
    signal: AbortSignal,
  ): Promise<{ readonly looked: number; readonly without: number; readonly more: boolean }>;
  /**
   * One PaymentIntent: undefined if there is none; `payIn` is null unless it succeeded.
   * @param withCharge default true; tells when it succeeded, and needs the right to read charges
   */
  readPayIn(
    id: string,
    signal: AbortSignal,
    withCharge?: boolean,
  ): Promise<PaymentFacts | undefined>;
  /** One charge; undefined if there is none. Needs the right to read charges. */
  readCharge(id: string, signal: AbortSignal): Promise<ChargeFacts | undefined>;
}

/** Rows of one page that are asked for one by one, before those that are left are set aside. */
const MOST_ASKED = 20;

/** Stripe's maximum. */
const PAGE_SIZE = 100;

/**
 * @param budget asked before every request
 * @param limits milliseconds; defaults 25,000 for an answer, 500 before a refused key is tried again
 */
export function createStripeReader(
  config: StripeConnection,
  budget: StripeBudget,
  limits: StripeLimits = {},
): StripeReader {
  const { stripe, read, hasAnswered } = createTransport(config, budget, limits);

  return {
    livemode: config.livemode,
    hasAnswered,

    async readAccount(signal) {
      try {
        const { answer, answeredAt } = await read(
          'account',
          () => stripe.accounts.retrieveCurrent(),
          account,
          signal,
        );
        return { id: answer.id, name: nameOf(answer), answeredAt };
      } catch (error) {
        // A restricted key may lack this one permission: the key then stands for its account.
        if (!(error instanceof SyncError && isUnreadable(error))) throw error;
        const { answeredAt } = await read(
          'payment_intents.list',
          () => stripe.paymentIntents.list({ limit: 1 }),
          list,
          signal,
        );
        return { id: null, name: null, answeredAt };
      }
    },

    async listPayIns(range, cursor, signal) {
      const { answer, answeredAt } = await read(
        'payment_intents.list',
        () =>
          stripe.paymentIntents.list({
            ...pageOf(range, cursor),
            ...(range.withCharge && { expand: ['data.latest_charge'] }),
          }),
        list,
        signal,
      );
      return {
        payIns: await payInsOf(answer.data.map(intentRow), range.withCharge, signal),
        nextCursor: nextCursorOf(answer, cursor),
        answeredAt,
        span: spanOf(answer.data),
        newest: null,
      };
    },

    async listCharges(range, cursor, signal) {
      const { answer, answeredAt } = await read(
        'charges.list',
        () => stripe.charges.list({ ...pageOf(range, cursor), expand: ['data.payment_intent'] }),
        list,
        signal,
      );
      return {
        payIns: await payInsOf(answer.data.map(chargeRow), true, signal),
        nextCursor: nextCursorOf(answer, cursor),
        answeredAt,
        span: spanOf(answer.data),
        newest: null,
      };
    },

    async listSuccesses(from, cursor, signal, to = null) {
      const { answer, answeredAt } = await read(
        'events.list',
        () => stripe.events.list({ ...pageOf({ from, to }, cursor), type: SUCCESS }),
        list,
        signal,
      );
      const times = answer.data.flatMap((row) => createdOf(row) ?? []);
      return {
        payIns: await payInsOf(answer.data.map(eventRow), false, signal),
        nextCursor: nextCursorOf(answer, cursor),
        answeredAt,
        span: null,
        newest: times.length === 0 ? null : Math.max(...times),
      };
    },

    async countWithoutIntent(from, signal) {
      const { answer } = await read(
        'charges.list',
        () => stripe.charges.list(pageOf({ from, to: null }, null)),
        list,
        signal,
      );
      const without = answer.data.filter(isWithoutIntent).length;
      return { looked: answer.data.length, without, more: answer.has_more };
    },

    readPayIn,

    async readCharge(id, signal) {
      const found = await orNone(
        read('charges.retrieve', () => stripe.charges.retrieve(id), retrievedCharge, signal),
      );
      if (!found) return undefined;
      const { answer } = found;
      const payIn = toPayIn(
        { ...answer, amount_received: answer['amount_captured'] },
        { succeededAt: null, chargedAt: createdOf(answer) },
      );
      return { status: answer.status, paymentIntentId: idOf(answer['payment_intent']), payIn };
    },
  };

  async function readPayIn(
    id: string,
    signal: AbortSignal,
    withCharge = true,
  ): ReturnType<StripeReader['readPayIn']> {
    const found = await orNone(
      read(
        'payment_intents.retrieve',
        () => stripe.paymentIntents.retrieve(id, withCharge ? { expand: ['latest_charge'] } : {}),
        retrievedPaymentIntent,
        signal,
      ),
    );
    if (!found) return undefined;
    const { answer, answeredAt } = found;
    const payIn = answer.status === 'succeeded' ? toPayIn(answer, successTimesOf(answer)) : null;
    return { payIn, status: answer.status, answeredAt, refunded: refundedOf(answer) };
  }

  /** The pay-ins of a page: a few rows are asked for, and what is not to be read is set aside. */
  async function payInsOf(
    rows: readonly Row[],
    withCharge: boolean,
    signal: AbortSignal,
  ): Promise<PayIn[]> {
    const payIns: PayIn[] = [];
    let asked = 0;
    for (const row of rows) {
      if (row.kind === 'pay_in') payIns.push(row.payIn);
      if (row.kind === 'unreadable') payIns.push(unreadablePayIn(row.id));
      if (row.kind !== 'ask') continue;
      asked += 1;
      const payIn = asked > MOST_ASKED ? undefined : await askFor(row, withCharge, signal);
      if (payIn !== null) payIns.push(payIn ?? unreadablePayIn(row.paymentIntentId));
    }
    return payIns;
  }

  /** null: it is no pay-in; undefined: it cannot be read by its id either. */
  async function askFor(
    { paymentIntentId, succeededAt }: Extract<Row, { kind: 'ask' }>,
    withCharge: boolean,
    signal: AbortSignal,
  ): Promise<PayIn | null | undefined> {
    try {
      const found = await readPayIn(paymentIntentId, signal, withCharge);
      if (!found?.payIn) return found && null;
      return { ...found.payIn, succeededAt: succeededAt ?? found.payIn.succeededAt };
    } catch (error) {
      if (!(error instanceof SyncError)) throw error;
      // Refused, or without id and status: its own fault, unlike an answer without a Date.
      const { code, details } = error;
      const isUnreadable =
        code === 'STRIPE_BAD_ANSWER' && /^(id|status)$/.test(`${details['field']}`);
      const isItsOwn = code === 'STRIPE_REFUSED' || isUnreadable;
      if (!isItsOwn) throw error;
      return undefined;
    }
  }
}

async function orNone<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof SyncError && error.details['status'] === 404) return undefined;
    throw error;
  }
}

function pageOf({ from, to }: Range, cursor: string | null) {
  return {
    limit: PAGE_SIZE,
    created: bounds(from, to),
    ...(cursor !== null && { starting_after: cursor }),
  };
}

/** 404: a Stripe-compatible server without this endpoint. */
function isUnreadable(error: SyncError): boolean {
  return error.code === 'STRIPE_PERMISSION_MISSING' || error.details['status'] === 404;
}

function bounds(from: number | null, to: number | null): Stripe.RangeQueryParam {
  return { ...(from !== null && { gte: from }), ...(to !== null && { lte: to }) };
}

function spanOf(rows: readonly unknown[]): PageSpan | null {
  const [newest, oldest] = [createdOf(rows[0]), createdOf(rows.at(-1))];
  return newest === null || oldest === null ? null : { newest, oldest };
}

function createdOf(row: unknown): number | null {
  const created = fieldsOf(row)?.['created'];
  return Number.isSafeInteger(created) ? (created as number) : null;
}

/**
 * The list goes on after the last row that has an id: those below it come again. A server that does not
 * move on would be read for ever.
 */
function nextCursorOf(
  { has_more, data }: { has_more: boolean; data: readonly unknown[] },
  cursor: string | null,
): string | null {
  if (!has_more) return null;
  const next = data.map((row) => (fieldsOf(row) ? idOf(row) : null)).findLast((id) => id !== null);
  if (next === undefined || next === cursor) {
    throw new SyncError('STRIPE_BAD_ANSWER', { field: 'cursor' });
  }
  return next;
}
