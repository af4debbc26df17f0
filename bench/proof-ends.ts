/**
 * The two ends of a shop with long books: a Stripe account that holds what the books add up to, and a ledger with each
 * posting of them. As a program: `proof-ends --payments <n>`.
 */
import { parseArgs } from 'node:util';
import { endWithParent, reportReady } from '../src/local/process/entry';
import { startBlnkStandIn } from '../sandbox/blnk/start';
import { startStripeStandIn } from '../sandbox/stripe/start';
import { heldAfter, postingsOf } from './long-books';

const BLNK_LATENCY_MS = 5;
/** Older than what any run reads. */
const LONG_AGO = 300 * 24 * 60 * 60;

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { payments: { type: 'string' } } });
  const payments = Number(values.payments);
  endWithParent();
  const stripe = await startStripeStandIn({ scenario: 'empty', seed: `books-${payments}` });
  const at = stripe.clock.nowSeconds() - LONG_AGO;
  for (const [currency, amount] of heldAfter(payments)) {
    // Its balance alone is asked: as one amount.
    const given = { at, currency: currency.toLowerCase(), amount: amount.toString() };
    await stripe.world.money.topup(given);
  }
  const blnk = await startBlnkStandIn({ latencyMs: BLNK_LATENCY_MS });
  for (let n = 1; n <= payments; n += 1) {
    for (const posting of postingsOf(n)) {
      const outcome = await blnk.ledger.post({
        ...{ ...posting, precision: 100, description: 'Stripe', effectiveMicros: null },
        ...{ metaData: null, allowOverdraft: true, skipQueue: true },
      });
      if (outcome.kind !== 'created') throw new Error('the ledger does not take its own books');
    }
  }
  process.once('SIGTERM', () => process.exit(0));
  reportReady({ stripe: stripe.url, blnk: blnk.url });
}

main().catch((error: unknown) => {
  process.stderr.write(
    `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  process.exit(1);
});
