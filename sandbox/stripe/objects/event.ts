/** Events of the Stripe stand-in: what happened, and the object as it was then. */
import type { Row } from '../feed';
import type { Intent } from './intent';

/** Stripe lists and retrieves events for 30 days. */
export const EVENT_LIFE_SECONDS = 30 * 24 * 60 * 60;

export interface EventRow extends Row {
  readonly type: `payment_intent.${'created' | 'succeeded' | 'canceled'}`;
  readonly visibleAt: number;
  /** The intent at the moment of the event. */
  readonly intent: Intent;
}
