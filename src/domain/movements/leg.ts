/**
 * A leg: one posting of a movement, with one reference, from one balance to another. Its direction is the sign
 * of Stripe's amount, never the name of its type.
 */
import type { BalanceNames } from '../balances';
import type { BalanceTransaction } from './balance-transaction';
import type { Counter } from './counter';
import { legReferenceOf, type LegName } from '../ids';
import type { Known } from './known';
import { metadataOf, type LegMetadata } from './leg-metadata';
import type { MovementKind } from './movement-kind';
import { isDatable, moneyOf, rfc3339, setAside, type Posting, type Verdict } from '../posting';
import type { ReasonCode } from '../reasons';

export interface Leg {
  /** Also the id of the movement: one row, one reference, one outcome. */
  readonly reference: string;
  readonly kind: MovementKind;
  readonly leg: LegName;
  readonly from: string;
  readonly to: string;
  /** Minor units, positive; null: not readable. */
  readonly amount: bigint | null;
  /** As Stripe writes it. */
  readonly currency: string | null;
  /** Unix seconds. */
  readonly datedAt: number | null;
  readonly metadata: LegMetadata;
  /** Other names that its balances may have been booked under, when less or more was known. */
  readonly also: Also;
  /** Why it is not booked, whatever its money says. */
  readonly fault: ReasonCode | null;
}

interface Also {
  readonly from: readonly string[];
  readonly to: readonly string[];
  readonly customerIds: readonly string[];
}

/** The part of an instance's settings that the chart depends on. */
export interface Chart {
  readonly balances: BalanceNames;
  /** Unix seconds: earlier rows are held by the opening balance. null: there are none. */
  readonly cutOver: number | null;
}

/** All that the legs of one balance transaction are made from. */
export interface Booking extends Chart {
  readonly kind: MovementKind;
  readonly bt: BalanceTransaction;
  readonly known: Known;
}

/** A change of a balance, until its other end and its reference are known. */
export interface Change {
  readonly leg: LegName;
  /** Whose leg it is, if not the balance transaction's. */
  readonly of?: string;
  /** Minor units, signed: positive comes to the balance. */
  readonly amount: bigint | null;
  readonly currency: string | null;
  readonly datedAt?: number;
}

/** Between Stripe's balance and another one. @returns none for zero: nothing has moved */
export function onStripe(booking: Booking, change: Change, counter: Counter): Leg[] {
  return between(booking, change, { name: booking.balances.source, also: [] }, counter);
}

/**
 * Between two balances. Money that comes to the first is credited to the second, as a pay-in is to its payer:
 * from the first, to the second.
 */
export function between(booking: Booking, change: Change, first: Counter, second: Counter): Leg[] {
  const { bt, kind } = booking;
  const { leg, amount, currency } = change;
  if (amount === 0n) return [];
  const [from, to] = amount !== null && amount < 0n ? [second, first] : [first, second];
  const payer = [first, second].find(({ customerId }) => customerId !== undefined);
  return [
    {
      reference: legReferenceOf(change.of ?? bt.id, leg),
      kind,
      leg,
      from: from.name,
      to: to.name,
      amount: amount !== null && amount < 0n ? -amount : amount,
      currency,
      datedAt: change.datedAt ?? bt.created,
      metadata: metadataOf(bt, leg, payer?.customerId ?? null),
      also: { from: from.also, to: to.also, customerIds: payer?.customerIds ?? [] },
      fault: bt.fault ?? payer?.fault ?? null,
    },
  ];
}

/** The same as a leg that is set aside: something that it depends on could not be read. */
export function aside(legs: readonly Leg[], fault: ReasonCode): Leg[] {
  return legs.map((leg) => ({ ...leg, fault: leg.fault ?? fault }));
}

/** What a leg's posting says besides the leg. */
export interface LegContext {
  readonly syncId: string;
  readonly stripeAccount?: string;
  readonly livemode: boolean;
}

/** A total function, with the money rules of every kind: its posting, or why there is none. */
export function judgeLeg(leg: Leg, description: string, context: LegContext): Verdict {
  const { fault, datedAt, also } = leg;
  if (fault !== null) return setAside(fault);
  if (datedAt === null || !isDatable(datedAt)) return setAside('FIELDS_MALFORMED');
  const money = moneyOf(leg.amount, leg.currency);
  if (typeof money === 'string') return setAside(money);
  const others = also.from.length + also.to.length + also.customerIds.length > 0;
  const posting: Posting = {
    movementId: leg.reference,
    reference: leg.reference,
    ...money,
    source: leg.from,
    destination: leg.to,
    description,
    effectiveDate: rfc3339(datedAt),
    metadata: { ...leg.metadata, stripe_sync: { ...ownOf(context), ...leg.metadata.stripe_sync } },
    ...(others && {
      also: { customerIds: also.customerIds, sources: also.from, destinations: also.to },
    }),
  };
  return { kind: 'post', posting };
}

function ownOf({ stripeAccount, livemode, syncId }: LegContext) {
  return {
    ...(stripeAccount !== undefined && { account: stripeAccount }),
    livemode,
    sync_id: syncId,
  };
}
