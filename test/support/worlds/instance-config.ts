/** The configuration of an instance between two stand-ins, through the same settings as a user's. */
import { loadConfig, type InstanceConfig } from '../../../src/config';
import { SANDBOX_BLNK_KEY } from '../../../sandbox/blnk/keys';
import { SANDBOX_STRIPE_KEY } from '../../../sandbox/stripe/keys';

export function configureInstance(
  parts: { instanceId: string; stripeUrl: string; blnkUrl: string },
  settings: Readonly<Record<string, string>> = {},
): InstanceConfig {
  const { instance } = loadConfig('cli', {
    STRIPE_SECRET_KEY: SANDBOX_STRIPE_KEY,
    STRIPE_API_BASE: parts.stripeUrl,
    STRIPE_READS_PER_SECOND: '25',
    BLNK_KIND: 'core',
    BLNK_URL: parts.blnkUrl,
    BLNK_API_KEY: SANDBOX_BLNK_KEY,
    BLNK_INSTANCE_ID: parts.instanceId,
    // Pay-ins alone, unless a test is about more.
    MOVEMENTS: 'off',
    ...settings,
  });
  if (!instance) throw new Error('the settings name no instance');
  return instance;
}
