/**
 * The settings that make the stand-ins the one instance. Their keys are constants and protect nothing.
 * A test holds them against the stand-ins, which share no code with us.
 */
export interface SandboxAddresses {
  readonly stripeBase?: string | undefined;
  readonly blnkUrl?: string | undefined;
}

/** In the form of the environment, for loadConfig and for the worker. */
export function sandboxSettings(addresses: SandboxAddresses): Record<string, string> {
  const { stripeBase, blnkUrl } = addresses;
  return {
    ...(stripeBase !== undefined && {
      STRIPE_SECRET_KEY: 'sk_test_sandbox',
      STRIPE_API_BASE: stripeBase,
    }),
    ...(blnkUrl !== undefined && {
      BLNK_KIND: 'core',
      BLNK_URL: blnkUrl,
      BLNK_API_KEY: 'blnk_sandbox',
      BLNK_INSTANCE_ID: stripeBase === undefined ? 'sandbox-ledger' : 'sandbox',
    }),
  };
}
