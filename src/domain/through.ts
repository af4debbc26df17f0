/**
 * Whether a charge is the one that a pay-in came through. A PaymentIntent can have several, of which one
 * succeeds: the rows of the others have nothing to do with what is booked.
 */
import type {
  ChargeSource,
  DisputeSource,
  RefundSource,
  SourceObject,
} from './movements/balance-transaction';
import type { BookedPayIn, EarlierPayIn, KnownPayIn } from './movements/known';

type ReachedPayIn = BookedPayIn | EarlierPayIn;

/** Narrows the pay-in too. A failed charge of which no more is known is not the one. */
export function cameThrough(source: SourceObject, payIn: KnownPayIn): payIn is ReachedPayIn {
  if (payIn.state === 'open') return false;
  const own = chargeIdOf(source);
  if (own !== null && payIn.chargeId !== null) return own === payIn.chargeId;
  return !(source.object === 'charge' && source.status === 'failed');
}

function chargeIdOf(source: SourceObject): string | null {
  if (source.object === 'charge') return source.id;
  return hasCharge(source) ? source.chargeId : null;
}

function hasCharge(source: SourceObject): source is RefundSource | DisputeSource {
  return source.object === 'refund' || source.object === 'dispute';
}

/** A charge or a part of one that belongs to no PaymentIntent. */
export function isLone(source: SourceObject): source is ChargeSource | RefundSource {
  const isOfCharge = source.object === 'charge' || source.object === 'refund';
  return isOfCharge && source.paymentIntentId === null;
}
