/** Whether Stripe accepts the key, and whose it is. */
import type { StripeReader } from '../stripe/client';
import { SyncError } from '../domain/errors';
import type { Probe } from './probe';

export function stripeKeyProbe(stripe: StripeReader): Probe {
  return {
    name: 'Stripe key',
    // Each read of Stripe takes its place there.
    after: ['database'],
    async run(signal) {
      const mode = stripe.livemode ? 'live mode' : 'test mode';
      const id = await accountOf(stripe, signal);
      if (id !== null) return { ok: true, detail: `account ${id}, ${mode}` };
      return {
        ok: true,
        detail: `${mode}; the key may not read its account, so it stands for the account itself`,
        next: 'Grant rak_accounts_kyc_basic_read (read), so that a rolled key is known to be of the same account.',
      };
    },
  };
}

/** A key that may read neither its account nor payments is accepted all the same. */
async function accountOf(stripe: StripeReader, signal: AbortSignal): Promise<string | null> {
  try {
    return (await stripe.readAccount(signal)).id;
  } catch (error) {
    if (error instanceof SyncError && error.code === 'STRIPE_PERMISSION_MISSING') return null;
    throw error;
  }
}
