/**
 * One happening that is no step of a PaymentIntent: objects as they are from then on, rows of the list,
 * moves of the balance, events. Planned by the files beside this one, kept as one line of the journal.
 */
import { z } from 'zod';
import type { Account } from '../account';
import { asDecimal, seconds, type Amount } from '../amount';
import { moveSchema, PAYMENTS, type Move } from '../balance';
import { anyObjectSchema, type AnyObject } from '../objects/any';
import {
  netOf,
  transactionSchema,
  type BalanceTransaction,
  type BookingOptions,
} from '../objects/balance-transaction';

export const happenedSchema = z.strictObject({
  kind: z.literal('happened'),
  /** How many ids were made by then. */
  minted: z.int(),
  objects: z.array(z.strictObject({ at: seconds, object: anyObjectSchema })),
  transactions: z.array(transactionSchema),
  moves: z.array(moveSchema),
  events: z.array(
    z.strictObject({
      id: z.string(),
      type: z.string(),
      created: seconds,
      visibleAt: seconds,
      object: anyObjectSchema,
    }),
  ),
});

export type Happened = z.infer<typeof happenedSchema>;

/** What a row says; the rest is by default or as the options have it. */
export interface Booking {
  readonly type: string;
  readonly category: string;
  /** With its sign, in the currency of the balance. */
  readonly amount: bigint;
  readonly currency: string;
  readonly source: string | null;
  /** Default 0. */
  readonly fee?: bigint;
  readonly balanceType?: string;
  readonly exchangeRate?: string | null;
  /** As Stripe words it: of a charge it is the charge's own, whatever that says. */
  readonly description?: string | null;
  /** Seconds until the money is available. Default 0. */
  readonly heldSeconds?: number;
}

export interface Happening {
  readonly at: number;
  mint(prefix: string): string;
  /** The object as it is from now on. */
  put<T extends AnyObject>(object: T): T;
  /** A row, and the move of the balance that it tells of. */
  book(booking: Booking, options?: BookingOptions): BalanceTransaction;
  /** A move that no row tells of. */
  move(move: Omit<Move, 'amount'> & { readonly amount: bigint }): void;
  event(type: string, object: AnyObject): void;
  done(): Happened;
}

export function begin(account: Account, { at }: Pick<BookingOptions, 'at'> = {}): Happening {
  const now = at ?? account.clock.nowSeconds();
  const happened: Happened = {
    ...{ kind: 'happened', minted: 0 },
    ...{ objects: [], transactions: [], moves: [], events: [] },
  };
  const mint = (prefix: string) => account.minter.next(prefix);
  const move: Happening['move'] = ({ amount, ...rest }) =>
    void happened.moves.push({ ...rest, amount: asDecimal(amount) });
  return {
    at: now,
    mint,
    move,
    put: (object) => {
      happened.objects.push({ at: now, object });
      return object;
    },
    book: (booking, options = {}) => {
      const transaction = draftTransaction(mint('txn_3'), booking, { ...options, at: now });
      happened.transactions.push(transaction);
      const {
        created: created,
        availableOn: availableAt,
        balanceType: part,
        currency,
      } = transaction;
      move({ at: created, availableAt, part, currency, amount: netOf(transaction) });
      return transaction;
    },
    event: (type, object) => {
      const id = mint('evt_1');
      happened.events.push({ id, type, created: now, visibleAt: now, object });
    },
    done: () => ({ ...happened, minted: account.minter.count() }),
  };
}

function draftTransaction(
  id: string,
  booking: Booking,
  options: BookingOptions & { readonly at: number },
): BalanceTransaction {
  const { afterSeconds = 0, lagSeconds = 0, unlisted = false, feeDetails } = options;
  const created = options.at + afterSeconds;
  const { currency, balanceType = PAYMENTS, exchangeRate = null } = booking;
  const fee = decimalOf(options.fee ?? booking.fee ?? 0n);
  const whole = {
    type: 'stripe_fee',
    amount: fee,
    currency,
    description: 'Stripe processing fees',
  };
  return {
    id,
    created,
    availableOn: created + (options.availableAfterSeconds ?? booking.heldSeconds ?? 0),
    type: booking.type,
    reportingCategory: booking.category,
    balanceType,
    amount: decimalOf(booking.amount),
    fee,
    currency,
    feeDetails:
      feeDetails?.map((detail) => ({
        type: detail.type,
        amount: decimalOf(detail.amount),
        currency: detail.currency ?? currency,
        description: detail.description ?? null,
      })) ?? (fee === '0' ? [] : [whole]),
    description: options.description ?? booking.description ?? null,
    exchangeRate,
    source: booking.source,
    visibleAt: unlisted ? null : created + lagSeconds,
  };
}

const decimalOf = (given: Amount) => asDecimal(given);

export function applyHappened(account: Account, happened: Happened): void {
  const { objects, transactions, objectEvents, balance, changes, history, minter } = account;
  minter.continueAt(happened.minted);
  for (const { at, object } of happened.objects) {
    const { id, created } = object;
    const known = objects.stored.find(id);
    if (known !== undefined) known.versions.push({ at, object });
    else {
      const sequence = objects.stored.rows().length;
      account.addObject({ id, created, sequence, versions: [{ at, object }] });
    }
  }
  for (const transaction of happened.transactions) {
    const { id, created } = transaction;
    const sequence = (history?.size ?? 0) + transactions.stored.rows().length;
    account.addTransaction({ id, created, sequence, transaction });
  }
  for (const move of happened.moves) balance.add(move);
  for (const event of happened.events) {
    // Between the changes of PaymentIntents, whose numbers are whole.
    const sequence = changes.count() + (objectEvents.stored.rows().length + 1) / 2 ** 31;
    objectEvents.stored.insert({ ...event, sequence });
  }
}
