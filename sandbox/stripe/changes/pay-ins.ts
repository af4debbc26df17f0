/**
 * What a payment brings to the balance: the rows of its charge. Cards when they are captured, bank debits
 * when they are begun. What an earlier version has made without rows stays without.
 */
import type { Account } from '../account';
import { asDecimal } from '../amount';
import type { BookingOptions, SettleOptions } from '../objects/balance-transaction';
import type { Charge } from '../objects/charge';
import type { Intent } from '../objects/intent';
import { settle, type Settled } from '../settlement';
import { begin, type Happened, type Happening } from './happening';

const DAY = 24 * 60 * 60;
const CARD_HELD_SECONDS = 2 * DAY;
const DEBIT_HELD_SECONDS = 4 * DAY;

/** Of an intent that has been changed at that time, or was begun before; null: its money does not move. */
export function planPayIn(
  account: Account,
  intent: Intent,
  at: number,
  options: SettleOptions = {},
): Happened | null {
  const { charge, currency, status, captureMethod, paymentMethodType } = intent;
  if (charge === null || options.never === true) return null;
  const isBegun = status === 'processing';
  if (!isBegun && status !== 'succeeded') return null;
  if (account.transactionsOf(charge.id).length > 0) return null;
  const authorised = BigInt(intent.amount ?? 0);
  const received = isBegun ? authorised : BigInt(intent.amountReceived ?? 0);
  if (received <= 0n) return null;

  const isCard = paymentMethodType === 'card';
  const bookedAt = isCard ? at : charge.created;
  const happening = begin(account, { at: bookedAt });
  const given = { amount: received, currency };
  const settled = settle(account.settlement, given, bookedAt, options.rate);
  const isPartial = captureMethod === 'manual' && received < authorised;
  const whole = isPartial
    ? settle(account.settlement, { amount: authorised, currency }, bookedAt, options.rate)
    : settled;
  bookCharge(happening, charge.id, whole, settled, isCard, intent.description, options);
  if (isPartial) {
    const rest = { ...settled, amount: settled.amount - whole.amount };
    bookReversal(happening, { ...intent, charge }, rest, authorised - received, options);
  }
  return happening.done();
}

/** Of a charge that was made without an intent. */
export function planChargeIn(
  account: Account,
  charge: Charge,
  options: SettleOptions = {},
): Happened | null {
  const { id, created, status, currency, sourceTransfer } = charge;
  const amount = BigInt(charge.amount);
  if (status === 'failed' || options.never === true || amount <= 0n) return null;
  const happening = begin(account, { at: created });
  const settled = settle(account.settlement, { amount, currency }, created, options.rate);
  const isCard = id.startsWith('ch_') && sourceTransfer === null;
  bookCharge(happening, id, settled, settled, isCard, null, options);
  return happening.done();
}

/** 2.9 % and 30 of the smallest unit. */
export function usualFee(amount: bigint): bigint {
  return (amount * 29n + 500n) / 1000n + 30n;
}

function bookCharge(
  happening: Happening,
  chargeId: string,
  whole: Settled,
  captured: Settled,
  isCard: boolean,
  description: string | null,
  options: BookingOptions,
): void {
  happening.book(
    {
      type: isCard ? 'charge' : 'payment',
      category: 'charge',
      amount: whole.amount,
      currency: whole.currency,
      source: chargeId,
      fee: usualFee(captured.amount),
      exchangeRate: whole.rate,
      description,
      heldSeconds: isCard ? CARD_HELD_SECONDS : DEBIT_HELD_SECONDS,
    },
    options,
  );
}

/** The rest of an authorisation: a row of its own, as of a refund that nobody asked for. */
function bookReversal(
  happening: Happening,
  intent: Intent & { readonly charge: { readonly id: string } },
  rest: Settled,
  left: bigint,
  { lagSeconds, afterSeconds, unlisted }: BookingOptions,
): void {
  const id = happening.mint('re_3');
  const { id: balanceTransaction } = happening.book(
    {
      type: 'refund',
      category: 'partial_capture_reversal',
      amount: rest.amount,
      currency: rest.currency,
      source: id,
      exchangeRate: rest.rate,
      heldSeconds: CARD_HELD_SECONDS,
    },
    { lagSeconds, afterSeconds, unlisted },
  );
  const { customer, customerAccount, currency } = intent;
  happening.put({
    ...{ object: 'refund', id, created: happening.at, charge: intent.charge.id },
    ...{ paymentIntent: intent.id, customer, customerAccount, amount: asDecimal(left), currency },
    ...{ status: 'succeeded', pendingReason: null, failureReason: null },
    ...{ balanceTransaction, failureBalanceTransaction: null },
  });
}

/** Of every payment that has brought nothing yet. */
export function planMissing(account: Account): Happened[] {
  const ofIntents = account.intents.stored.rows().flatMap(({ versions }) => {
    const last = versions.at(-1);
    return last ? (planPayIn(account, last.intent, last.at) ?? []) : [];
  });
  const ofCharges = account.charges.stored.rows().flatMap(({ charge }) => {
    const isKnown = charge === undefined || account.transactionsOf(charge.id).length > 0;
    return isKnown ? [] : (planChargeIn(account, charge) ?? []);
  });
  return [...ofIntents, ...ofCharges];
}
