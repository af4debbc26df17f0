/** What the owner of an instance does in the portal or by `instances connect`: look, then confirm. */
import {
  connectStripe,
  inspectStripe,
  type Confirmation,
} from '../../../src/instances/connect-stripe';
import type { StoreDeps } from '../../../src/instances/deps';
import { SANDBOX_STRIPE_KEY } from '../../../sandbox/stripe/keys';
import { Secret } from '../../../src/secret';

/** With the test key of the stand-in's account. What follows from it is left to whoever reconciles. */
export async function connectSandboxStripe(
  deps: StoreDeps,
  instanceId: string,
  more: Partial<Confirmation> = {},
): Promise<void> {
  const key = new Secret(SANDBOX_STRIPE_KEY);
  const signal = AbortSignal.timeout(120_000);
  const { account, livemode } = await inspectStripe(deps, instanceId, key, signal);
  const confirmed = { account, livemode, change: false, since: undefined, ...more };
  await connectStripe(deps, instanceId, key, confirmed, signal);
}
