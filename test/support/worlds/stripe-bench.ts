/** What the tests of the Stripe stand-in share: a stand-in on a clock of its own, and ways to ask it. */
import Stripe from 'stripe';
import { createClock, type Clock } from '../../../sandbox/clock';
import { SANDBOX_STRIPE_KEY } from '../../../sandbox/stripe/keys';
import {
  startStripeStandIn,
  type StripeStandIn,
  type StripeStandInOptions,
} from '../../../sandbox/stripe/start';

export const NOON = Date.UTC(2026, 5, 1, 12) / 1000;
export const DAY = 24 * 60 * 60;

/** Set anew before each test. */
export let clock: Clock;
let running: StripeStandIn[] = [];

beforeEach(() => {
  clock = createClock({ startAt: NOON, wallMs: () => 0 });
});

afterEach(async () => {
  await Promise.all(running.map((one) => one.close()));
  running = [];
});

export async function start(options: Partial<StripeStandInOptions> = {}) {
  const standIn = await startStripeStandIn({ scenario: 'empty', clock, ...options });
  running.push(standIn);
  return standIn;
}

export function clientOf(standIn: StripeStandIn, key = SANDBOX_STRIPE_KEY): Stripe {
  return new Stripe(key, {
    host: '127.0.0.1',
    port: standIn.port,
    protocol: 'http',
    maxNetworkRetries: 0,
    telemetry: false,
  });
}

export async function get(standIn: StripeStandIn, path: string, key = SANDBOX_STRIPE_KEY) {
  const response = await fetch(standIn.url + path, { headers: { Authorization: `Bearer ${key}` } });
  const body = (await response.json()) as {
    data: { id: string }[];
    has_more: boolean;
    error: { message: string; code?: string; param?: string; type: string };
  };
  return { status: response.status, headers: response.headers, body };
}

export const idsOf = (page: { data: { id: string }[] }) => page.data.map(({ id }) => id);

export async function collect<T>(rows: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const row of rows) all.push(row);
  return all;
}

/** What /v1/balance says is held, available and pending together, by currency. */
export async function held(standIn: StripeStandIn): Promise<Record<string, number>> {
  const { available, pending } = await clientOf(standIn).balance.retrieve();
  const sums: Record<string, number> = {};
  for (const { currency, amount } of [...available, ...pending]) {
    sums[currency] = (sums[currency] ?? 0) + amount;
  }
  return sums;
}

/** The sum of what the rows of the balance type `payments` say, by currency. */
export async function listedNet(standIn: StripeStandIn): Promise<Record<string, number>> {
  const sums: Record<string, number> = {};
  const rows = await collect(clientOf(standIn).balanceTransactions.list({ limit: 100 }));
  for (const { currency, net, balance_type } of rows) {
    if (balance_type === 'payments') sums[currency] = (sums[currency] ?? 0) + net;
  }
  return sums;
}
