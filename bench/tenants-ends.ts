/**
 * The ends of many instances in one process: a Stripe account for each, one Blnk Cloud for all, and
 * another one that is slow. As a program: `tenants-ends --count <n> --pay-ins <n> --big <pay-ins>`.
 */
import { parseArgs } from 'node:util';
import { endWithParent, reportReady } from '../src/local/entry';
import { sandboxKeys, type BlnkKeys } from '../src/sandbox/blnk/keys';
import { startBlnkStandIn } from '../src/sandbox/blnk/start';
import { startStripeStandIn } from '../src/sandbox/stripe/start';
import { tenantOf, type Ends } from './tenant';

const BLNK_LATENCY_MS = 20;
const SLOW_LATENCY_MS = 2_000;
const STRIPE_LATENCY_MS = 50;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      count: { type: 'string' },
      'pay-ins': { type: 'string' },
      big: { type: 'string' },
    },
  });
  const count = Number(values.count);
  endWithParent();
  const blnk = await startBlnkStandIn({ keys: keysOf(count), latencyMs: BLNK_LATENCY_MS });
  const slow = await startBlnkStandIn({ keys: keysOf(count), latencyMs: SLOW_LATENCY_MS });
  const stripes: string[] = [];
  for (let number = 0; number < count; number += 1) {
    const { instanceId, role, account, stripeKey } = tenantOf(number);
    const { url } = await startStripeStandIn({
      scenario: 'million',
      seed: instanceId,
      shape: { size: Number(role === 'big' ? values.big : values['pay-ins']), days: 20 },
      // Each has a budget of reads of its own.
      account,
      keys: [{ key: stripeKey, livemode: false }],
      latencyMs: STRIPE_LATENCY_MS,
    });
    stripes.push(url);
  }
  const ends: Ends = { blnk: blnk.url, slow: slow.url, stripes };
  process.once('SIGTERM', () => process.exit(0));
  reportReady({ ends: JSON.stringify(ends) });
}

function keysOf(count: number): BlnkKeys {
  const keys = sandboxKeys();
  for (let number = 0; number < count; number += 1) {
    const { instanceId, blnkKey } = tenantOf(number);
    keys.cloud.set(blnkKey, { instanceId, permissions: ['data:read', 'data:write'] });
  }
  return keys;
}

main().catch((error: unknown) => {
  process.stderr.write(
    `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  process.exit(1);
});
