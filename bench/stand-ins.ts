/** The stand-ins of Stripe and Blnk as processes, and what they tell about themselves. */
import { z } from 'zod';
import { sandboxSettings } from '../src/local/state/sandbox-instance';
import type { World } from './world';

export interface StandIn {
  readonly url: string;
  /** What it holds: pay-ins of Stripe, APPLIED transactions of Blnk. */
  totals(): Promise<Totals>;
  /** What it was asked since the start or the last `forget`. */
  requests(pathPrefix?: string): Promise<Requests>;
  forget(): Promise<void>;
  stop(): Promise<void>;
}

export interface Totals {
  readonly count: number;
  /** Minor units by upper-case currency. */
  readonly amounts: Readonly<Record<string, string>>;
}

export interface Requests {
  readonly total: number;
  readonly byStatus: Readonly<Record<string, number>>;
  /** The newest 50,000 under the prefix. */
  readonly listed: readonly { readonly path: string; readonly status: number | null }[];
}

export interface StripeOptions {
  /** Two seeds share no payment. */
  readonly seed: string;
  /** Payments, and the days over which they are spread (default 400). */
  readonly size: number;
  readonly days?: number;
  readonly density?: 'growth' | 'even' | 'bursts';
  /** None has succeeded. */
  readonly unpaid?: boolean;
  readonly latencyMs?: number;
  readonly readsPerSecond?: number;
}

export function startStripe(world: World, options: StripeOptions): Promise<StandIn> {
  const { seed, size, days, density, unpaid, latencyMs, readsPerSecond } = options;
  const args = ['--scenario', 'million', '--seed', seed, '--size', String(size)];
  if (days !== undefined) args.push('--days', String(days));
  if (density !== undefined) args.push('--density', density);
  if (unpaid === true) args.push('--unpaid');
  if (latencyMs !== undefined) args.push('--latency', String(latencyMs));
  if (readsPerSecond !== undefined) args.push('--reads-per-second', String(readsPerSecond));
  return start(world, 'Stripe stand-in', 'sandbox/stripe/main', args);
}

/** A shop with refunds, disputes and payouts; two seeds share no payment. */
export function startShop(
  world: World,
  { size, seed }: Pick<StripeOptions, 'size' | 'seed'>,
): Promise<StandIn> {
  return start(world, 'Stripe stand-in', 'bench/shop', ['--size', String(size), '--seed', seed]);
}

/** An empty ledger. */
export function startBlnk(world: World, options: { latencyMs: number }): Promise<StandIn> {
  const args = ['--latency', String(options.latencyMs)];
  return start(world, 'Blnk stand-in', 'sandbox/blnk/main', args);
}

/** Settings of an instance between two stand-ins, or between one and a real Core. */
export function settingsOf(
  instanceId: string,
  ends: { readonly stripe: { readonly url: string }; readonly blnk: { readonly url: string } },
): Record<string, string> {
  return {
    ...sandboxSettings({ stripeBase: ends.stripe.url, blnkUrl: ends.blnk.url }),
    BLNK_INSTANCE_ID: instanceId,
    // Of no concern here unless a benchmark says so.
    STRIPE_READS_PER_SECOND: '100',
  };
}

async function start(
  world: World,
  name: string,
  entry: string,
  args: readonly string[],
): Promise<StandIn> {
  const program = await world.program({ name, entry, args });
  const url = z.string().parse(program.ready['url']);
  return { ...controls(url), stop: () => program.stop() };
}

const totals = z.object({
  succeeded: z.int().optional(),
  transactions: z.int().optional(),
  amounts: z.record(z.string(), z.string()),
});

const requests = z.object({
  total: z.int(),
  by_status: z.record(z.string(), z.int()),
  requests: z.array(z.object({ path: z.string(), status: z.int().nullable() })),
});

/** @param url of a stand-in */
export function controls(url: string): Omit<StandIn, 'stop'> {
  const ask = async (path: string): Promise<unknown> => (await fetch(url + path)).json();
  return {
    url,
    async totals() {
      const { succeeded, transactions, amounts } = totals.parse(await ask('/sandbox/totals'));
      const upper = Object.entries(amounts).map(([code, sum]) => [code.toUpperCase(), sum]);
      return {
        count: succeeded ?? transactions ?? 0,
        amounts: Object.fromEntries(upper) as Totals['amounts'],
      };
    },
    async requests(pathPrefix = '/nothing') {
      const answer = await ask(`/sandbox/requests?path=${encodeURIComponent(pathPrefix)}`);
      const { total, by_status: byStatus, requests: listed } = requests.parse(answer);
      return { total, byStatus, listed };
    },
    async forget() {
      await fetch(`${url}/sandbox/requests`, { method: 'DELETE' });
    },
  };
}
