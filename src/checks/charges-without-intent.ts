/** How many charges there are that no sync takes, because they have no PaymentIntent. */
import { count } from '../domain/text';
import type { StripeReader } from '../stripe/client';
import type { Finding, Probe } from './probe';

export const WITHOUT_INTENT =
  'charges without a PaymentIntent (made with the Charges API, or arrived as py_… by a destination charge)';

/** @param since Unix seconds of SYNC_SINCE; null: all */
export function chargesWithoutIntentProbe(stripe: StripeReader, since: number | null): Probe {
  return {
    name: 'not carried over',
    after: ['Stripe key'],
    async run(signal): Promise<Finding> {
      const counted = await stripe.countWithoutIntent(since, signal);
      if (!counted) {
        return {
          ok: true,
          detail: 'charges without a PaymentIntent are not counted: the key may not read charges',
          next: 'Grant rak_charge_read (read) to have them counted; they are out of scope either way.',
        };
      }
      const { looked, without, more } = counted;
      const among = `of the ${more ? 'newest ' : ''}${count(looked, 'charge')}${since === null ? '' : ' since SYNC_SINCE'}`;
      if (without === 0) return { ok: true, detail: `none ${among} is without a PaymentIntent` };
      return {
        ok: true,
        detail: `${more ? 'at least ' : ''}${without} ${among} have no PaymentIntent`,
        next: `They are not in the ledger: ${WITHOUT_INTENT} are out of scope. Book them by hand.`,
      };
    },
  };
}
