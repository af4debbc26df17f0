/**
 * A shop's Stripe account with all that moves its balance: card payments over sixty days, one in 33 of them refunded,
 * one in 500 disputed, and weekly payouts. As a program: `shop --size <payments> --seed <word>`.
 */
import { parseArgs } from 'node:util';
import { endWithParent, reportReady } from '../src/local/process/entry';
import { startStripeStandIn } from '../sandbox/stripe/start';
import type { World } from '../sandbox/stripe/world';

const HOUR = 60 * 60;
const DAY = 24 * HOUR;
const DAYS = 60;
/** An idle run right after the first one must find nothing that is new. */
const QUIET = 2 * HOUR;
const REFUND_EVERY = 33;
const DISPUTE_EVERY = 500;
const CURRENCIES = ['usd', 'usd', 'usd', 'eur', 'gbp'] as const;
const CUSTOMERS = 500;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { size: { type: 'string' }, seed: { type: 'string', default: 'shop' } },
  });
  endWithParent();
  const { url, world, clock } = await startStripeStandIn({ scenario: 'empty', seed: values.seed });
  await trade(world, Number(values.size), clock.nowSeconds() - QUIET);
  process.once('SIGTERM', () => process.exit(0));
  reportReady({ url });
}

async function trade(world: World, size: number, end: number): Promise<void> {
  const { money } = world;
  const begin = end - DAYS * DAY;
  const timeOf = (n: number) => begin + Math.floor((n / size) * DAYS * DAY);
  const after = (n: number, days: number) => Math.min(end, timeOf(n) + days * DAY);
  for (let n = 0; n < size; n += 1) {
    const { id } = await world.pay({
      amount: 500 + ((n * 7919) % 30_000),
      currency: CURRENCIES[n % CURRENCIES.length] ?? 'usd',
      customer: n % 10 === 0 ? null : `cus_Shop${String(n % CUSTOMERS).padStart(10, '0')}`,
      description: `Order ${n}`,
      ...{ createdAt: timeOf(n), succeededAt: timeOf(n) + 2 },
    });
    if (n % REFUND_EVERY === 7) {
      const part = n % (2 * REFUND_EVERY) === 7 ? { amount: 300 } : {};
      await money.refund({ payment: id, at: after(n, 3), ...part });
    }
    if (n % DISPUTE_EVERY === 11) await dispute(n, id);
  }
  for (let at = begin + 7 * DAY; at <= end; at += 7 * DAY) {
    for (const currency of new Set(CURRENCIES)) {
      const { id } = await money.payout({ at, currency, automatic: true });
      if (at + 2 * DAY <= end) await money.payPayout({ at: at + 2 * DAY, payout: id });
    }
  }

  /** Won, lost, and open still, in turns. */
  async function dispute(n: number, payment: string): Promise<void> {
    const { id } = await money.dispute({ payment, at: after(n, 5) });
    const status = ([null, 'won', 'lost'] as const)[Math.floor(n / DISPUTE_EVERY) % 3];
    if (status) await money.closeDispute({ dispute: id, status, at: after(n, 20) });
  }
}

main().catch((error: unknown) => {
  process.stderr.write(
    `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  process.exit(1);
});
