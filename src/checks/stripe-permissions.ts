/** The permissions that a restricted key needs, each asked by a read that depends on it. */
import type { StripeFeed } from '../domain/feeds';
import type { StripeReader } from '../stripe/client';
import type { Probe } from './probe';

/** @param withCharges whether SYNC_SINCE is a date: only then is a payment's charge read */
export function stripePermissionProbes(stripe: StripeReader, withCharges: boolean): Probe[] {
  const read = (feed: StripeFeed, withCharge: boolean) => (signal: AbortSignal) =>
    stripe.readPage({ feed, from: null, to: null, withCharge }, null, signal);
  const probes = [
    permission('Stripe payments', 'rak_payment_intent_read', read('payment_intents', false)),
    permission('Stripe events', 'rak_event_read', read('events', false)),
  ];
  if (!withCharges) return probes;
  return [
    ...probes,
    permission('Stripe charges', 'rak_charge_read, for SYNC_SINCE', read('payment_intents', true)),
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
