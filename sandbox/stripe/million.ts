/**
 * A history of a million payments, or of another size, that is computed from the index of each, so
 * that it starts at once and takes no memory. As a rule a company that grows over 400 days, with
 * rushes of many pay-ins a second.
 */
import { hash32 } from '../random';
import type { ComputedHistory } from './account';
import { lowestIndex, type Feed, type Position, type Row } from './feed';
import { asBigints, createHistoryBalance, feeOf } from './million-balance';
import { createIds } from './ids';
import type { TransactionRow } from './objects/balance-transaction';
import type { ChargeRow } from './objects/charge';
import type { EventRow } from './objects/event';
import type { Intent, IntentRow } from './objects/intent';

const DAY = 24 * 60 * 60;
/** Of each thousand in a row, this many fall into one second: more than a page. */
const RUSH = 150;
const SUCCESS_AFTER_SECONDS = 2;
const LAST_BEFORE_START_SECONDS = 60;
const HELD_SECONDS = 2 * DAY;

const currencies = ['usd', 'usd', 'usd', 'eur', 'eur', 'gbp', 'jpy', 'kwd'] as const;

export const densities = ['growth', 'even', 'bursts'] as const;

export interface HistoryShape {
  /** Payments. Default 1,000,000. */
  readonly size?: number | undefined;
  /** What they are spread over, ending a minute before the start. Default 400. */
  readonly days?: number | undefined;
  /** Default growth; even: always the same; bursts: a thousand in each of a few seconds. */
  readonly density?: (typeof densities)[number] | undefined;
  /** None of them has succeeded: all are read, none is a pay-in. Default false. */
  readonly unpaid?: boolean | undefined;
}

export function createMillion(at: number, seed: string, shape: HistoryShape = {}): ComputedHistory {
  const { size = 1_000_000, days = 400, density = 'growth', unpaid = false } = shape;
  const ids = createIds(seed);
  const salt = hash32(`${seed}:million`);
  const span = Math.round(days * DAY);
  const begin = at - LAST_BEFORE_START_SECONDS - SUCCESS_AFTER_SECONDS - span;
  const payers = Math.min(5000, size);
  const customers = Array.from({ length: payers }, (_, n) => ids.id('cus_', n).slice(0, 18));

  /** Never falls with the index. */
  function createdAt(index: number): number {
    return begin + Math.floor(span * progressAt(index));
  }

  /** The share of the time that has passed. */
  function progressAt(index: number): number {
    const inBlock = index % 1000;
    switch (density) {
      case 'growth': {
        // Rises faster and faster.
        const spread = Math.max(0, inBlock - RUSH) / (1000 - RUSH);
        return Math.sqrt((index - inBlock + 1000 * spread) / size);
      }
      case 'even':
        return index / size;
      case 'bursts':
        return (index - inBlock) / size;
    }
  }

  function price(index: number): { currency: string; amount: number } {
    const die = hash32(index ^ salt);
    const currency = currencies[die % currencies.length] ?? 'usd';
    const units = 100 + ((die >>> 8) % 50_000);
    return { currency, amount: currency === 'kwd' ? units * 10 : units };
  }

  function intent(index: number): Intent {
    const { currency, amount } = price(index);
    const die = hash32(index ^ ~salt);
    const created = createdAt(index);
    return {
      id: ids.id('pi_3', index),
      created,
      status: unpaid ? 'requires_payment_method' : 'succeeded',
      amount: String(amount),
      amountReceived: unpaid ? '0' : String(amount),
      currency,
      customer: die % 10 === 0 ? null : (customers[die % customers.length] ?? null),
      customerAccount: null,
      captureMethod: 'automatic_async',
      paymentMethodType: 'card',
      description: `Order ${index}`,
      receiptEmail: null,
      metadata: {},
      charge: unpaid
        ? null
        : { id: ids.id('ch_3', index), created: created + SUCCESS_AFTER_SECONDS },
    };
  }

  const intents = computedFeed<IntentRow>('pi_3', size, 0, (index) => {
    const one = intent(index);
    const happened = one.created + SUCCESS_AFTER_SECONDS;
    const versions = [{ at: happened, visibleAt: happened, intent: one }];
    return { id: one.id, created: one.created, sequence: index, versions };
  });
  const succeeded = unpaid ? 0 : size;
  const events = computedFeed<EventRow>('evt_3', succeeded, SUCCESS_AFTER_SECONDS, (index) => {
    const created = createdAt(index) + SUCCESS_AFTER_SECONDS;
    const id = ids.id('evt_3', index);
    const type = 'payment_intent.succeeded';
    return { id, created, sequence: index, type, visibleAt: created, intent: intent(index) };
  });
  const charges = computedFeed<ChargeRow>('ch_3', succeeded, SUCCESS_AFTER_SECONDS, (index) => {
    const created = createdAt(index) + SUCCESS_AFTER_SECONDS;
    const id = ids.id('ch_3', index);
    return { id, created, sequence: index, intentId: ids.id('pi_3', index) };
  });

  const transactions = computedFeed<TransactionRow>(
    'txn_3',
    succeeded,
    SUCCESS_AFTER_SECONDS,
    (index) => {
      const created = createdAt(index) + SUCCESS_AFTER_SECONDS;
      const { currency, amount } = price(index);
      const fee = String(feeOf(amount));
      const described = { type: 'stripe_fee', description: 'Stripe processing fees' };
      const id = ids.id('txn_3', index);
      const transaction = {
        ...{ id, created, availableOn: created + HELD_SECONDS, balanceType: 'payments' },
        ...{ type: 'charge', reportingCategory: 'charge', amount: String(amount), fee, currency },
        feeDetails: [{ ...described, amount: fee, currency }],
        ...{ description: null, exchangeRate: null, source: ids.id('ch_3', index) },
        visibleAt: created,
      };
      return { id, created, sequence: index, transaction };
    },
  );

  function computedFeed<T extends Row>(
    prefix: string,
    length: number,
    delay: number,
    row: (index: number) => T,
  ): Feed<T> {
    const isAtOrAfter = (index: number, { created, sequence }: Position) => {
      const own = createdAt(index) + delay;
      return own > created || (own === created && index >= sequence);
    };
    return {
      at: (index) => (index >= 0 && index < length ? row(index) : undefined),
      find: (id) => {
        const index = ids.numberOf(prefix, id);
        return index !== undefined && index < length ? row(index) : undefined;
      },
      below: (position) => lowestIndex(length, (index) => isAtOrAfter(index, position)),
    };
  }

  function sum(): Map<string, bigint> {
    const sums = new Map<string, number>();
    // Plain numbers: a million amounts below 10^6 stay far below 2^53, and bigints take ten times as long.
    for (let index = 0; index < succeeded; index += 1) {
      const { currency, amount } = price(index);
      sums.set(currency, (sums.get(currency) ?? 0) + amount);
    }
    return asBigints(sums);
  }
  const heldUntil = (now: number) =>
    transactions.below({ created: now - HELD_SECONDS + 1, sequence: -1 });
  const balance = createHistoryBalance({ length: succeeded, price, heldUntil });

  let amounts: Map<string, bigint> | undefined;

  return {
    size,
    intents,
    events,
    charges,
    transactions,
    transactionOf: (chargeId) => {
      const index = ids.numberOf('ch_3', chargeId);
      return index === undefined ? undefined : transactions.at(index);
    },
    balance,
    totals: () => ({ succeeded, amounts: (amounts ??= sum()) }),
  };
}
