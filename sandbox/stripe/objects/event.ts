/** Events of the Stripe stand-in: what happened, and the object as it was then. */
import type { Row } from '../feed';
import type { AnyObject } from './any';
import type { Intent } from './intent';

/** Stripe lists and retrieves events for 30 days. */
export const EVENT_LIFE_SECONDS = 30 * 24 * 60 * 60;

/** Of a PaymentIntent. */
export interface EventRow extends Row {
  readonly type: `payment_intent.${'created' | 'succeeded' | 'canceled' | 'payment_failed'}`;
  readonly visibleAt: number;
  /** The intent at the moment of the event. */
  readonly intent: Intent;
}

/** Of any other object. */
export interface ObjectEventRow extends Row {
  readonly type: string;
  readonly visibleAt: number;
  readonly object: AnyObject;
}
