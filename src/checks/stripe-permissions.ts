/** The permissions that a restricted key needs, each asked by a read that depends on it. */
import type { StripeReader } from '../stripe/client';
import type { Probe } from './probe';

/** @param withCharges whether SYNC_SINCE is a date: only then is a payment's charge read */
export function stripePermissionProbes(stripe: StripeReader, withCharges: boolean): Probe[] {
  const probes = [
    permission('Stripe payments', 'rak_payment_intent_read', (signal) =>
      stripe.listPayIns({ from: null, to: null, withCharge: false }, null, signal),
    ),
    permission('Stripe events', 'rak_event_read', (signal) =>
      stripe.listSuccesses(null, null, signal),
    ),
  ];
  if (!withCharges) return probes;
  return [
    ...probes,
    permission('Stripe charges', 'rak_charge_read, for SYNC_SINCE', (signal) =>
      stripe.listPayIns({ from: null, to: null, withCharge: true }, null, signal),
    ),
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
