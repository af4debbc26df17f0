/**
 * The ends of many instances in one process: a Stripe account for each behind one address, as Stripe has
 * it, one Blnk Cloud for all, and another one that is slow. As a program: `tenants-ends --count <n> --pay-ins <n> --big <pay-ins>`.
 */
import { Agent, createServer, request } from 'node:http';
import { parseArgs } from 'node:util';
import { endWithParent, reportReady } from '../src/local/process/entry';
import { sandboxKeys, type BlnkKeys } from '../sandbox/blnk/keys';
import { startBlnkStandIn } from '../sandbox/blnk/start';
import { startStripeStandIn } from '../sandbox/stripe/start';
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
  const stripes = new Map<string, string>();
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
    stripes.set(stripeKey, url);
  }
  const ends: Ends = { blnk: blnk.url, slow: slow.url, stripe: await startFront(stripes) };
  process.once('SIGTERM', () => process.exit(0));
  reportReady({ ends: JSON.stringify(ends) });
}

/** Gives each request to the account whose key it comes with. @returns its address */
async function startFront(accounts: ReadonlyMap<string, string>): Promise<string> {
  const agent = new Agent({ keepAlive: true });
  const front = createServer((asked, answered) => {
    const key = /\S+$/.exec(asked.headers.authorization ?? '')?.[0] ?? '';
    const account = accounts.get(key);
    if (account === undefined) return void answered.writeHead(401).end('{}');
    const { method, headers, url } = asked;
    const passed = request(account + (url ?? ''), { agent, method: method ?? '', headers });
    passed.on('response', (answer) => {
      answered.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(answered);
    });
    passed.on('error', () => answered.destroy());
    asked.pipe(passed);
  });
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
  const address = front.address();
  if (address === null || typeof address === 'string') throw new Error('not listening on a port');
  return `http://127.0.0.1:${address.port}`;
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
