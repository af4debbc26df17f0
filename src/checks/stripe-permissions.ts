/** The permissions that a restricted key needs, each asked by a read that depends on it. */
import { errorInfo } from '../domain/errors';
import type { PayInFeed } from '../domain/feeds';
import {
  ALL_MOVEMENT_RIGHTS,
  howToGrant,
  MOVEMENT_RIGHTS,
  type MovementRight,
} from '../domain/movements/stripe-rights';
import { asSentence } from '../domain/text';
import { lacksRight } from '../engine/movements/movement-rights';
import type { StripeReader } from '../stripe/client';
import type { Probe } from './probe';

/**
 * @param withCharges whether SYNC_SINCE is a date: only then is a payment's charge read
 * @param withMovements whether everything that moves Stripe's balance is booked, not the pay-ins alone
 */
export function stripePermissionProbes(
  stripe: StripeReader,
  withCharges: boolean,
  withMovements = false,
): Probe[] {
  const read = (feed: PayInFeed, withCharge: boolean) => (signal: AbortSignal) =>
    stripe.readPage({ feed, from: null, to: null, withCharge }, null, signal);
  const charges = () =>
    permission('Stripe charges', 'rak_charge_read, for SYNC_SINCE', read('payment_intents', true));
  return [
    permission('Stripe payments', 'rak_payment_intent_read', read('payment_intents', false)),
    permission('Stripe events', 'rak_event_read', read('events', false)),
    ...(withCharges ? [charges()] : []),
    ...(withMovements ? ALL_MOVEMENT_RIGHTS.map((right) => movementProbe(stripe, right)) : []),
  ];
}

function permission(
  name: string,
  granted: string,
  read: (signal: AbortSignal) => Promise<unknown>,
): Probe {
  return {
    name,
    after: ['Stripe key'],
    async run(signal) {
      await read(signal);
      return { ok: true, detail: granted };
    },
  };
}

/** Stripe has a form for a key with all of them; a person who has one already ticks the box there. */
function movementProbe(stripe: StripeReader, right: MovementRight): Probe {
  const { text, isNeeded, purpose } = MOVEMENT_RIGHTS[right];
  return {
    name: text,
    after: ['Stripe key'],
    async run(signal) {
      if (!(await lacksRight(stripe, right, signal))) return { ok: true, detail: right };
      const how = howToGrant(stripe.livemode);
      if (!isNeeded) {
        const detail = `${right} is worth having: it tells ${purpose}`;
        return { ok: true, detail, next: asSentence(how) };
      }
      const next = `With it the next syncs read on and prove what is left by themselves: ${how}`;
      const code = 'STRIPE_PERMISSION_MISSING';
      return {
        ...{ ok: false, code, next },
        detail: `${errorInfo(code).what} (permission ${right}), which tells ${purpose}`,
      };
    },
  };
}
