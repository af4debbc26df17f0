/** What works and should not stay so, as notes of `check`. */
import type { InstanceConfig } from '../config';
import { unsafeOf } from '../domain/unsafe';
import type { Probe } from './probe';

export function unsafeProbes({ stripe, blnk }: Pick<InstanceConfig, 'stripe' | 'blnk'>): Probe[] {
  const inUse = { stripeKey: stripe.secretKey.reveal(), ledgerUrl: blnk.url.href };
  return unsafeOf(inUse).map(({ setting: name, what: detail, next }) => ({
    name,
    run: () => Promise.resolve({ ok: true, detail, next }),
  }));
}
