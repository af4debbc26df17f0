/** The Stripe stand-in's keys and its named scenarios. */
import type Stripe from 'stripe';
import { SANDBOX_STRIPE_KEY } from '../../sandbox/stripe/keys';
import { startLoad } from '../../sandbox/stripe/load';
import { startTrickle } from '../../sandbox/stripe/trickle';
import {
  clientOf,
  collect,
  DAY,
  get,
  held,
  idsOf,
  listedNet,
  NOON,
  start,
} from '../support/worlds/stripe-bench';

describe('keys', () => {
  it('refuses missing, unknown and revoked keys with 401 and never repeats a key', async () => {
    const standIn = await start();
    const none = await fetch(`${standIn.url}/v1/account`);
    expect(none.status).toBe(401);
    const secret = 'sk_test_51MadeUpForThisTestOnly';
    const unknown = await get(standIn, '/v1/account', secret);
    expect(unknown.status).toBe(401);
    expect(unknown.body.error.message).toMatch(/^Invalid API Key provided: sk_test_\*+Only$/);

    const stripe = clientOf(standIn);
    await expect(stripe.paymentIntents.list()).resolves.toBeDefined();
    await standIn.revokeKey(SANDBOX_STRIPE_KEY);
    await expect(stripe.paymentIntents.list()).rejects.toMatchObject({
      type: 'StripeAuthenticationError',
      code: 'api_key_expired',
    });
  });

  it('takes the key as the user name of Basic too', async () => {
    const standIn = await start();
    const basic = Buffer.from(`${SANDBOX_STRIPE_KEY}:`).toString('base64');
    const response = await fetch(`${standIn.url}/v1/account`, {
      headers: { Authorization: `Basic ${basic}` },
    });
    expect(response.status).toBe(200);
  });

  it.each([
    ['rak_payment_intent_read', '/v1/payment_intents'],
    ['rak_payment_intent_read', '/v1/payment_intents/pi_3x'],
    ['rak_event_read', '/v1/events'],
    ['rak_event_read', '/v1/events/evt_3x'],
    ['rak_accounts_kyc_basic_read', '/v1/account'],
    ['rak_charge_read', '/v1/payment_intents?expand[]=data.latest_charge'],
  ])('names %s when a restricted key reads %s without it', async (permission, path) => {
    const all = [
      'rak_payment_intent_write',
      'rak_event_read',
      'rak_accounts_kyc_basic_read',
      'rak_charge_read',
    ];
    const lacking = all.filter((one) => !one.startsWith(permission.replace(/_read$/, '')));
    const standIn = await start({
      keys: [
        { key: 'rk_test_lacking_one', livemode: false, permissions: lacking },
        { key: 'rk_test_having_all', livemode: false, permissions: all },
      ],
    });
    const refused = await get(standIn, path, 'rk_test_lacking_one');
    expect(refused.status).toBe(403);
    expect(refused.body.error.message).toContain(`'${permission}'`);
    expect(refused.body.error.message).not.toContain('rk_test_lacking_one');
    const taken = await get(standIn, path, 'rk_test_having_all');
    expect(taken.status).not.toBe(403);
  });

  it('shows objects in the mode of the key', async () => {
    const standIn = await start({ keys: [{ key: 'rk_live_x', livemode: true }] });
    await standIn.world.pay();
    const stripe = clientOf(standIn, 'rk_live_x');
    expect((await stripe.paymentIntents.list()).data[0]!.livemode).toBe(true);
    expect((await stripe.events.list()).data[0]!.livemode).toBe(true);
  });
});

describe('scenarios', () => {
  it('default holds 1,000 pay-ins that can all be posted', async () => {
    const standIn = await start({ scenario: 'default' });
    const rows = await collect(clientOf(standIn).paymentIntents.list({ limit: 100 }));
    const paid = rows.filter(({ status }) => status === 'succeeded');
    expect(paid).toHaveLength(1000);
    expect(rows.length - paid.length).toBe(180);
    expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
    expect(paid.every(({ amount_received: got }) => Number.isSafeInteger(got) && got > 0)).toBe(
      true,
    );
    expect([...new Set(paid.map(({ currency }) => currency))].sort()).toEqual([
      'eur',
      'gbp',
      'jpy',
      'kwd',
      'usd',
    ]);
    expect(paid.filter(({ customer }) => customer === null).length).toBeGreaterThan(50);
    expect(paid.filter((one) => one.amount_received < one.amount).length).toBeGreaterThan(5);
    expect(rows.every(({ created }) => created >= NOON - 60 * DAY && created <= NOON)).toBe(true);

    const sums = new Map<string, bigint>();
    for (const { currency, amount_received: got } of paid) {
      sums.set(currency, (sums.get(currency) ?? 0n) + BigInt(got));
    }
    const amounts = Object.fromEntries([...sums].map(([name, sum]) => [name, sum.toString()]));
    const totals = await fetch(`${standIn.url}/sandbox/totals`);
    expect(await totals.json()).toEqual({ succeeded: 1000, amounts });
  });

  it('default is the same for the same moment and seed, and disjoint for another seed', async () => {
    const listOf = async (seed?: string) => {
      const standIn = await start({ scenario: 'default', ...(seed === undefined ? {} : { seed }) });
      return (await clientOf(standIn).paymentIntents.list({ limit: 100 })).data;
    };
    const [one, same, other] = [await listOf(), await listOf(), await listOf('other')];
    expect(same).toEqual(one);
    const known = new Set(one.map(({ id }) => id));
    expect(other.filter(({ id }) => known.has(id))).toEqual([]);
  });

  it('problems holds each kind of pay-in that needs care', async () => {
    const standIn = await start({ scenario: 'problems' });
    const { body } = await get(standIn, '/v1/payment_intents?limit=100');
    const rows = body.data as unknown as Stripe.PaymentIntent[];
    const having = (description: string) => rows.find((row) => row.description === description);
    expect(having('unknown currency')!.currency).toBe('xts');
    expect(having('nothing received')!.amount_received).toBe(0);
    expect(having('negative amount')!.amount_received).toBeLessThan(0);
    expect(having('no amount')!.amount_received).toBeNull();
    expect(Number.isSafeInteger(having('amount that no double holds')!.amount_received)).toBe(
      false,
    );
    expect(having('deleted customer')!.customer).toMatch(/^cus_/);
    expect(having('account only')).toMatchObject({
      customer: null,
      customer_account: 'acct_1SandboxPayer0001',
    });
    expect(having('guest')).toMatchObject({ customer: null, customer_account: null });
    expect(rows.filter(({ description }) => description!.startsWith('Order'))).toHaveLength(24);
  });

  it('million pages from any window and cursor, newest first, with new pay-ins on top', async () => {
    const standIn = await start({ scenario: 'million' });
    expect(standIn.world.totals().succeeded).toBe(1_000_000);
    const fresh = await standIn.world.pay();
    const { paymentIntents, events } = clientOf(standIn);

    const [top, ...below] = (await paymentIntents.list({ limit: 100 })).data;
    expect(top!.id).toBe(fresh.id);
    const deep = below.at(-1)!;
    const next = await paymentIntents.list({ limit: 100, starting_after: deep.id });
    expect(next.data[0]!.created).toBeLessThanOrEqual(deep.created);
    expect(idsOf(next)).not.toContain(deep.id);
    const back = await paymentIntents.list({ limit: 99, ending_before: next.data[0]!.id });
    expect(idsOf(back)).toEqual(below.map(({ id }) => id));

    const middle = NOON - 100 * DAY;
    const window = { gte: middle, lte: middle + 7200 };
    const rows = await collect(paymentIntents.list({ limit: 100, created: window }));
    expect(rows.length).toBeGreaterThan(100);
    expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
    const times = rows.map(({ created }) => created);
    expect(times).toEqual([...times].sort((a, b) => b - a));
    expect(Math.min(...times)).toBeGreaterThanOrEqual(window.gte);
    expect(Math.max(...times)).toBeLessThanOrEqual(window.lte);

    const first = await paymentIntents.list({ created: { lte: NOON - 399 * DAY }, limit: 100 });
    expect(first.data.length).toBeGreaterThan(0);
    const one = await paymentIntents.retrieve(deep.id);
    const type = 'payment_intent.succeeded';
    const told = await events.list({ type, created: { gte: deep.created + 2 }, limit: 100 });
    const event = told.data.find(({ data }) => (data.object as { id: string }).id === deep.id);
    expect(event!.data.object).toEqual(one);
  });
});

describe('a million of another shape', () => {
  it.each(['growth', 'even', 'bursts'] as const)(
    'lists each payment once and in order, %s',
    async (density) => {
      const shape = { size: 2500, days: 10, density };
      const standIn = await start({ scenario: 'million', shape });
      const { paymentIntents } = clientOf(standIn);
      const rows = await collect(paymentIntents.list({ limit: 100 }));
      expect(new Set(rows.map(({ id }) => id)).size).toBe(2500);
      const times = rows.map(({ created }) => created);
      expect(times).toEqual([...times].sort((a, b) => b - a));
      expect(Math.min(...times)).toBeGreaterThan(NOON - 10 * DAY - 120);
      const inOneSecond = times.filter((time) => time === times.at(-1)).length;
      expect(inOneSecond).toBe({ growth: 151, even: 1, bursts: 1000 }[density]);
      expect(standIn.world.totals().succeeded).toBe(2500);
    },
  );

  it('shows payments that came to nothing, without a success anywhere', async () => {
    const standIn = await start({ scenario: 'million', shape: { size: 300, unpaid: true } });
    const { paymentIntents, events } = clientOf(standIn);
    const rows = await collect(paymentIntents.list({ limit: 100 }));
    expect(rows).toHaveLength(300);
    expect(new Set(rows.map(({ status }) => status))).toEqual(new Set(['requires_payment_method']));
    expect(rows.every(({ amount_received: received }) => received === 0)).toBe(true);
    expect((await events.list({ limit: 100 })).data).toEqual([]);
    expect(standIn.world.totals()).toEqual({ succeeded: 0, amounts: {} });
  });

  it('is refused with a journal, which would be replayed on another history', async () => {
    const journal = 'never-written.jsonl';
    await expect(start({ scenario: 'million', shape: { size: 1 }, journal })).rejects.toThrow(
      'A journal keeps no shape',
    );
  });
});

describe('the month', () => {
  const rowsOf = async (standIn: Awaited<ReturnType<typeof start>>) =>
    collect(clientOf(standIn).balanceTransactions.list({ limit: 100 }));

  it('has everything that moves a balance, and adds up', async () => {
    const standIn = await start({ scenario: 'month' });
    const rows = await rowsOf(standIn);
    expect(await held(standIn)).toEqual(await listedNet(standIn));
    expect(new Set(rows.map(({ reporting_category }) => reporting_category))).toEqual(
      new Set([
        ...['charge', 'charge_failure', 'partial_capture_reversal', 'refund', 'refund_failure'],
        ...['dispute', 'dispute_reversal', 'fee', 'payout', 'payout_reversal'],
        ...['risk_reserved_funds', 'lunar_fee'],
      ]),
    );
    expect(rows.some(({ exchange_rate }) => exchange_rate !== null)).toBe(true);
    expect(Math.min(...rows.map(({ created }) => created))).toBeGreaterThan(NOON - 32 * DAY);
    expect(rows[0]!.created).toBeLessThanOrEqual(NOON);
  });

  it('has payouts whose contents add up to nothing, each row in one at most', async () => {
    const standIn = await start({ scenario: 'month' });
    const { payouts, balanceTransactions } = clientOf(standIn);
    const seen = new Set<string>();
    for (const { id, amount, reconciliation_status } of await collect(
      payouts.list({ limit: 100 }),
    )) {
      expect(amount).not.toBe(0);
      if (reconciliation_status !== 'completed') continue;
      const contents = await collect(balanceTransactions.list({ payout: id, limit: 100 }));
      expect(contents.reduce((sum, { net }) => sum + net, 0)).toBe(0);
      expect(contents.filter((row) => seen.has(row.id))).toEqual([]);
      for (const row of contents) seen.add(row.id);
    }
    expect(seen.size).toBeGreaterThan(100);
  });

  it('is the same again for the same moment and seed', async () => {
    const ids = async () => (await rowsOf(await start({ scenario: 'month' }))).map(({ id }) => id);
    expect(await ids()).toEqual(await ids());
  });
});

describe('a busy account', () => {
  it('makes so many pay-ins a second until it is stopped', async () => {
    const standIn = await start();
    const errors: unknown[] = [];
    const stop = startLoad(standIn.world, {
      perSecond: 200,
      onError: (error) => errors.push(error),
    });
    const reached = async (count: number): Promise<void> => {
      if (standIn.world.totals().succeeded >= count) return;
      await new Promise((resolve) => setTimeout(resolve, 5));
      await reached(count);
    };
    await reached(60);
    stop();
    expect(await held(standIn)).toEqual(await listedNet(standIn));
    expect(errors).toEqual([]);
  });
});

describe('a limited rate', () => {
  it('answers at once with 429 and the reason, and counts it', async () => {
    const standIn = await start({ readsPerSecond: 2, latencyMs: 20 });
    const answers = await Promise.all([1, 2, 3].map(() => get(standIn, '/v1/account')));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 429]);
    expect(standIn.requests.countsByStatus()).toEqual({ 200: 2, 429: 1 });
  });
});

describe('trickle', () => {
  it('adds pay-ins, finishes an old one, and adds one of an unknown currency', async () => {
    const standIn = await start();
    const old = await standIn.world.create({ createdAt: NOON - 50 * DAY });
    const errors: unknown[] = [];
    const stop = startTrickle(standIn.world, {
      everySeconds: 0.005,
      problemAfterSeconds: 0.01,
      onError: (error) => errors.push(error),
    });
    const finished = async (): Promise<void> => {
      const { amounts } = standIn.world.totals();
      if (standIn.world.open().length === 0 && 'xts' in amounts) return;
      await new Promise((resolve) => setTimeout(resolve, 5));
      await finished();
    };
    await finished();
    stop();
    const { succeeded } = standIn.world.totals();
    expect(succeeded).toBeGreaterThanOrEqual(7);
    expect(standIn.world.find(old.id)!.status).toBe('succeeded');
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(standIn.world.totals().succeeded).toBe(succeeded);
    expect(errors).toEqual([]);
  });
});
