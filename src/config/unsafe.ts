/** What the settings as a whole hold that works and should not stay so. */
import { unsafeOf, type Unsafe } from '../domain/unsafe';
import type { Config, InstanceConfig } from '../config';

export function unsafeSettings({ instance, connected }: Pick<Config, 'instance' | 'connected'>) {
  const own = instance === undefined ? [] : unsafeIn(instance);
  const shared = unsafeOf({ stripeKey: connected?.shared?.secretKey.reveal() });
  // One key may be both.
  const known = new Set(own.map(({ setting }) => setting));
  return [...own, ...shared.filter(({ setting }) => !known.has(setting))];
}

function unsafeIn({ stripe, blnk }: Pick<InstanceConfig, 'stripe' | 'blnk'>): Unsafe[] {
  return unsafeOf({ stripeKey: stripe.secretKey.reveal(), ledgerUrl: blnk.url.href });
}
