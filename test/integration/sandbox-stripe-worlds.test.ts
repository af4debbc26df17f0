/**
 * The balance of the Stripe stand-in against its rows, in worlds at random: whatever happens, in any order, the
 * rows that are not kept back add up to it, and a journal brings all of it back.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClock } from '../../sandbox/clock';
import { createRandom, type Random } from '../../sandbox/random';
import { startStripeStandIn, type StripeStandIn } from '../../sandbox/stripe/start';
import { clock, DAY, held, listedNet, NOON, start } from '../support/worlds/stripe-bench';

const HOUR = 60 * 60;

/** Does something to the account that can be done to it just now. */
async function step({ world }: StripeStandIn, random: Random): Promise<void> {
  const { money } = world;
  const listing = {
    lagSeconds: random.int(4) === 0 ? random.int(HOUR) : 0,
    afterSeconds: random.int(4) === 0 ? random.int(90) : 0,
    ...(random.int(5) === 0 ? { fee: random.int(400) - 100 } : {}),
  };
  const currency = random.pick(['usd', 'usd', 'eur', 'gbp', 'jpy']);
  const amount = 1 + random.int(50_000);
  const paid = world.account.charges.stored.rows();
  const objects = world.account.objects.stored.rows().map((row) => row.versions.at(-1)!.object);
  const some = <T>(all: readonly T[]) => (all.length === 0 ? undefined : random.pick(all));
  const debit = { status: 'processing', paymentMethodType: 'sepa_debit' } as const;
  const payment = some(paid)?.id;
  switch (random.int(14)) {
    case 0:
    case 1:
    case 2:
      await world.pay({ amount, currency, settle: listing });
      return;
    case 3: {
      const chargeCreatedAt = clock.nowSeconds();
      await world.create({ ...debit, amount, currency, chargeCreatedAt, settle: listing });
      return;
    }
    case 4: {
      const open = some(world.open().filter((id) => world.find(id)?.status === 'processing'));
      if (open === undefined) return;
      if (random.int(2) === 0) await world.succeed(open);
      else await money.failDebit({ ...listing, payment: open, failureFee: random.int(500) });
      return;
    }
    case 5:
      if (payment) await money.refund({ ...listing, payment, amount: 1 + random.int(500) });
      return;
    case 6: {
      const refund = some(objects.filter((one) => one.object === 'refund'));
      if (refund?.status === 'succeeded') await money.failRefund({ ...listing, refund: refund.id });
      return;
    }
    case 7:
      if (payment) await money.dispute({ ...listing, payment });
      return;
    case 8: {
      const dispute = some(objects.filter((one) => one.object === 'dispute'));
      const status = random.pick(['won', 'lost'] as const);
      if (dispute?.status === 'needs_response')
        await money.closeDispute({ ...listing, dispute: dispute.id, status });
      return;
    }
    case 9:
      await money.payout({ currency: random.pick(['usd', 'gbp']), automatic: true });
      return;
    case 10: {
      const payout = some(objects.filter((one) => one.object === 'payout'));
      if (payout?.status === 'in_transit') await money.payPayout({ payout: payout.id });
      else if (payout?.status === 'paid') await money.failPayout({ payout: payout.id });
      return;
    }
    case 11: {
      const way = random.pick(['risk', 'reserve', 'network', 'connect'] as const);
      await money.reserve({ ...listing, way, amount: amount - 25_000 || 1 });
      return;
    }
    case 12:
      await money.row({ ...listing, type: random.id('type_', 4), amount: amount - 25_000 });
      return;
    default:
      await money.chargeFee({ lagSeconds: listing.lagSeconds, amount: random.int(900) });
  }
}

/** A currency in which nothing is left may be named or not. */
const withoutZero = (sums: Readonly<Record<string, number>>) =>
  Object.fromEntries(Object.entries(sums).filter(([, sum]) => sum !== 0));

it.each([...Array(40).keys()])('adds up in world %i', async (seed) => {
  const random = createRandom(`world ${seed}`);
  const standIn = await start();
  await standIn.world.settle({ currencies: ['usd', 'gbp'] });
  for (let n = 0; n < 60; n += 1) {
    await step(standIn, random);
    clock.advance(random.int(20 * HOUR));
  }
  clock.advance(2 * DAY);
  expect(withoutZero(await held(standIn))).toEqual(withoutZero(await listedNet(standIn)));
});

it('is brought back from the journal of a world, to the last object', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sandbox-worlds-'));
  const journal = join(folder, 'stripe.jsonl');
  const random = createRandom('kept world');
  const first = await start({ journal });
  await first.world.settle({ currencies: ['usd', 'gbp'] });
  for (let n = 0; n < 150; n += 1) {
    await step(first, random);
    clock.advance(random.int(20 * HOUR));
  }
  const later = createClock({ startAt: clock.nowSeconds(), wallMs: () => NOON * 1000 });
  const second = await startStripeStandIn({ scenario: 'empty', journal, clock: later });
  const known = ({ account }: StripeStandIn['world']) => [
    account.transactions.stored.rows(),
    account.objects.stored.rows(),
    account.objectEvents.stored.rows(),
    account.charges.stored.rows(),
    account.minter.count(),
  ];
  expect(known(second.world)).toEqual(known(first.world));
  expect(await held(second)).toEqual(await held(first));
  await second.close();
  await rm(folder, { recursive: true });
});
