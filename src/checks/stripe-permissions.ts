/** The permissions that a restricted key needs, each asked by a read that depends on it. */
import { errorInfo, SyncError } from '../domain/errors';
import type { PayInFeed } from '../domain/feeds';
import {
  isMovementRight,
  keyFormOf,
  MOVEMENT_RIGHTS,
  type MovementRight,
} from '../domain/stripe-rights';
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
    ...(withMovements ? rights.map((right) => movementProbe(stripe, right)) : []),
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

const rights = Object.keys(MOVEMENT_RIGHTS).filter(isMovementRight);

const SOURCES = 'rak_balance_transaction_source_read';

/** What a key needs besides, to have them all in one form. */
const OTHERS = ['rak_accounts_kyc_basic_read', 'rak_payment_intent_read', 'rak_event_read'];

/** Stripe has a form for a key with all of them; a person who has one already ticks the box there. */
function movementProbe(stripe: StripeReader, right: MovementRight): Probe {
  const { text } = MOVEMENT_RIGHTS[right];
  return {
    name: text,
    after: ['Stripe key'],
    async run(signal) {
      const lacking = await lackingFor(stripe, right, signal);
      // Refused for what the newest movement came from, which has a probe of its own.
      const isOther = isMovementRight(lacking) && MOVEMENT_RIGHTS[lacking].opens.length > 0;
      if (lacking === null || (right === SOURCES && isOther)) return { ok: true, detail: right };
      const code = 'STRIPE_PERMISSION_MISSING';
      const form = keyFormOf([...OTHERS, ...rights], stripe.livemode);
      return {
        ok: false,
        code,
        detail: `${errorInfo(code).what} (permission ${right})`,
        next: `Grant it (read) to the key in the Stripe Dashboard, or make a key that has all: ${form}`,
      };
    },
  };
}

/** null: none. */
async function lackingFor(
  stripe: StripeReader,
  right: MovementRight,
  signal: AbortSignal,
): Promise<unknown> {
  try {
    await stripe.tryRight(right, signal);
    return null;
  } catch (error) {
    if (error instanceof SyncError && error.code === 'STRIPE_PERMISSION_MISSING') {
      return error.details['permission'];
    }
    throw error;
  }
}
