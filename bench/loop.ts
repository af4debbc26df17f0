/**
 * What the durable sync is held against: the product's own Blnk client in a bare loop over postings
 * that are ready. No Temporal, no Postgres, no Stripe, no look-ups.
 */
import { setMaxListeners } from 'node:events';
import { createLedger } from '../src/blnk/ledger';
import type { Ledger } from '../src/domain/ledger';
import { judge, type Posting } from '../src/domain/posting';
import { Secret } from '../src/secret';

export function openLedger(url: string, apiKey: string): Ledger {
  const blnk = { kind: 'core' as const, url: new URL(url), apiKey: new Secret(apiKey) };
  return createLedger({ id: 'loop', blnk });
}

/** Postings as a sync would make them. @param seed two share no reference */
export function preparePostings(seed: string, count: number): Posting[] {
  const context = {
    syncId: 'sync_00000000000000000000',
    stripeAccount: 'acct_1SandboxStripe0001',
    livemode: false,
    sourceBalance: '@stripe',
    guestBalance: '@stripe-guest',
    since: null,
    eventsReachSince: false,
  };
  const created = Math.floor(Date.UTC(2026, 0, 1) / 1000);
  return Array.from({ length: count }, (_, n) => {
    const verdict = judge(
      {
        id: `pi_3loop${seed}${String(n).padStart(8, '0')}`,
        amount: BigInt(100 + ((n * 7919) % 50_000)),
        currency: 'usd',
        payer: `cus_loop${String(n % 5000).padStart(8, '0')}`,
        created: created + n,
        succeededAt: created + n,
        chargedAt: null,
        livemode: false,
        fault: null,
      },
      context,
    );
    if (verdict.kind !== 'post') throw new Error('a prepared pay-in cannot be posted');
    return verdict.posting;
  });
}

/** Posts them all, so many at a time. @returns seconds */
export async function postAll(
  ledger: Ledger,
  postings: readonly Posting[],
  concurrency: number,
): Promise<number> {
  const { signal } = new AbortController();
  // One for each request in flight, so any number is in order.
  setMaxListeners(0, signal);
  // One iterator for all of them, so that each posting is taken once.
  const queue = postings.values();
  const runner = async () => {
    for (const posting of queue) {
      const { kind } = await ledger.post(posting, signal);
      if (kind !== 'applied') throw new Error(`the loop's posting was ${kind}`);
    }
  };
  const began = performance.now();
  await Promise.all(Array.from({ length: concurrency }, runner));
  return (performance.now() - began) / 1000;
}
