/** The permissions that a restricted key needs, each asked by a read that depends on it. */
import type { StripeReader } from '../stripe/client';
import type { Probe } from './probe';

/** @param withCharges whether SYNC_SINCE is a date: only then is a payment's charge read */
export function stripePermissionProbes(stripe: StripeReader, withCharges: boolean): Probe[] {
  const payments = 'rak_payment_intent_read';
  const probes = [
    permission(payments, 'payments', (signal) =>
      stripe.listPayIns({ from: null, to: null, withCharge: false }, null, signal),
    ),
    permission('rak_event_read', 'successes of the last 30 days', (signal) =>
      stripe.listSuccesses(null, null, signal),
    ),
  ];
  if (!withCharges) return probes;
  return [
    ...probes,
    permission('rak_charge_read', 'times of success, for SYNC_SINCE', (signal) =>
      stripe.listPayIns({ from: null, to: null, withCharge: true }, null, signal),
    ),
  ];
}

function permission(
  name: string,
  purpose: string,
  read: (signal: AbortSignal) => Promise<unknown>,
): Probe {
  return {
    name: 'Stripe permission',
    async run(signal) {
      await read(signal);
      return { ok: true, detail: `${name} (${purpose})` };
    },
  };
}
