/** What a command touches, in words: invented payments, a test account or real money. */
import type { InstanceConfig } from '../config';
import type { Place } from './place';

export function describeMode({ mode }: Place, { stripe }: InstanceConfig): string {
  switch (mode) {
    case 'sandbox':
      return 'SANDBOX (invented payments, nothing leaves this machine)';
    case 'sandbox-ledger':
      return 'SANDBOX LEDGER (your Stripe test account, booked on this machine only)';
    case 'main':
      return stripe.livemode ? 'LIVE (real money)' : 'TEST (a Stripe test account)';
  }
}
