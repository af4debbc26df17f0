/**
 * The settings that make the stand-ins the one instance. Their keys are constants and protect nothing.
 * A test holds them against the stand-ins, which share no code with us.
 */
export interface SandboxAddresses {
  readonly stripeBase?: string | undefined;
  readonly blnkUrl?: string | undefined;
  /** Seal the keys of instances that are connected beside it; in the form of the setting. */
  readonly encryptionKeys?: string | undefined;
}

/** What a person types where the portal asks for a Stripe key. */
export const SANDBOX_STRIPE_KEY = 'sk_test_sandbox';

/** Where the stand-in's dashboard installs the app: an instance, and a ledger, of its own. */
export const SANDBOX_APP_INSTANCE = 'inst_sandbox';

/** In the form of the environment, for loadConfig, the worker and the server. */
export function sandboxSettings(addresses: SandboxAddresses): Record<string, string> {
  const { stripeBase, blnkUrl, encryptionKeys } = addresses;
  return {
    // Nothing of it leaves this machine.
    ...(blnkUrl !== undefined && { ALERT_WEBHOOK_URL: '' }),
    ...(stripeBase !== undefined && {
      STRIPE_SECRET_KEY: SANDBOX_STRIPE_KEY,
      STRIPE_API_BASE: stripeBase,
      // Nobody else reads the stand-in: as fast as Stripe's limits for a test key allow.
      STRIPE_READS_PER_SECOND: '25',
    }),
    ...(blnkUrl !== undefined && {
      BLNK_KIND: 'core',
      BLNK_URL: blnkUrl,
      BLNK_API_KEY: 'blnk_sandbox',
      BLNK_INSTANCE_ID: stripeBase === undefined ? 'sandbox-ledger' : 'sandbox',
    }),
    ...(blnkUrl !== undefined &&
      encryptionKeys !== undefined && { ENCRYPTION_KEYS: encryptionKeys, BLNK_CLOUD_URL: blnkUrl }),
  };
}
