/** How many charges there are that no sync takes, because they have no PaymentIntent. */
import { count, formatNumber } from '../domain/text';
import type { Connection } from '../engine/deps';
import type { Db } from '../store/db';
import { beginsByItself } from './movements';
import type { Finding, Probe } from './probe';

export const WITHOUT_INTENT =
  'charges without a PaymentIntent (made with the Charges API, or arrived as py_… by a destination charge)';

/**
 * Of an instance of which movements are not carried over: else they are booked from their balance transactions.
 * @param open undefined: no database is there
 */
export function chargesWithoutIntentProbe(
  { config, stripe }: Connection,
  open: (() => Promise<Db>) | undefined,
): Probe {
  const since = typeof config.since === 'number' ? config.since : null;
  return {
    name: 'not carried over',
    after: ['database', 'Stripe key', 'settings'],
    async run(signal): Promise<Finding> {
      const counted = await stripe.countWithoutIntent(since, signal);
      if (!counted) {
        return {
          ok: true,
          detail: 'charges without a PaymentIntent are not counted: the key may not read charges',
          next: 'Grant rak_charge_read (read) to have them counted; only movements bring them into the ledger.',
        };
      }
      const { looked, without, more } = counted;
      const among = `of the ${more ? 'newest ' : ''}${count(looked, 'charge')}${since === null ? '' : ' since SYNC_SINCE'}`;
      if (without === 0) return { ok: true, detail: `none ${among} is without a PaymentIntent` };
      const have = without === 1 ? 'has' : 'have';
      const found = `${more ? 'at least ' : ''}${formatNumber(without)} ${among} ${have} no PaymentIntent`;
      if (await beginsByItself(config, open)) {
        return { ok: true, detail: `${found}; with movements they are booked` };
      }
      return {
        ok: true,
        detail: found,
        next: `They are not in the ledger: ${WITHOUT_INTENT} are booked with movements alone. Enable these (\`movements plan\`), or book them by hand.`,
      };
    },
  };
}
