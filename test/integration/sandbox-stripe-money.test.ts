/** Everything else that moves the balance of the Stripe stand-in, and a month of all of it, to the cent. */
import { SANDBOX_STRIPE_KEY } from '../../sandbox/stripe/keys';
import {
  clientOf,
  clock,
  collect,
  DAY,
  get,
  held,
  listedNet,
  start,
} from '../support/worlds/stripe-bench';

type StandIn = Awaited<ReturnType<typeof start>>;

async function named(standIn: StandIn) {
  const rows = await collect(clientOf(standIn).balanceTransactions.list({ limit: 100 }));
  return rows
    .reverse()
    .map(({ type, reporting_category, amount }) => [type, reporting_category, amount]);
}

it('moves money to connected accounts and back, and earns of their charges', async () => {
  const standIn = await start();
  const { money } = standIn.world;
  const sent = await money.transfer({ amount: 4000, destination: 'acct_X' });
  const back = await money.reverseTransfer({ transfer: sent.id, amount: 1000 });
  const earned = await money.applicationFee({ amount: 300, account: 'acct_X' });
  await money.refundApplicationFee({ applicationFee: earned.id, amount: 100 });
  expect(await named(standIn)).toEqual([
    ['transfer', 'transfer', -4000],
    ['transfer_refund', 'transfer_reversal', 1000],
    ['application_fee', 'platform_earning', 300],
    ['application_fee_refund', 'platform_earning_refund', -100],
  ]);
  const { transfers, balanceTransactions } = clientOf(standIn);
  expect(await transfers.retrieve(sent.id)).toMatchObject({
    ...{ destination: 'acct_X', amount_reversed: 1000, reversed: false },
    reversals: { data: [{ id: back.id }] },
  });
  // A reversal names its transfer only; the mixed list takes the path although others lack it.
  const expand = ['data.source', 'data.source.transfer'];
  const { data } = await balanceTransactions.list({ expand });
  expect(data[2]!.source).toMatchObject({
    ...{ object: 'transfer_reversal', transfer: { id: sent.id, destination: 'acct_X' } },
  });
  expect(data[3]!.source).toMatchObject({ object: 'transfer', id: sent.id });
  expect(data[1]!.source).toMatchObject({ object: 'application_fee', account: 'acct_X' });
  expect(data[0]!.source).toMatchObject({ object: 'fee_refund', fee: earned.id });
});

it('expands sources of every kind, with ids inside', async () => {
  const standIn = await start();
  const { money } = standIn.world;
  const paid = await standIn.world.pay({ customer: 'cus_A' });
  const refunded = await money.refund({ payment: paid.id, amount: 100 });
  await money.topup({ amount: 900 });
  const { balanceTransactions } = clientOf(standIn);
  const { data } = await balanceTransactions.list({ expand: ['data.source'] });
  expect(data.map(({ source }) => source)).toMatchObject([
    { object: 'topup', status: 'succeeded' },
    { object: 'refund', id: refunded.id, payment_intent: paid.id, customer: 'cus_A' },
    { object: 'charge', payment_intent: paid.id, customer: 'cus_A', status: 'succeeded' },
  ]);
  const one = await balanceTransactions.retrieve(data[1]!.id, {
    expand: ['source.charge', 'source.nothing'],
  });
  expect(one.source).toMatchObject({ object: 'refund', charge: { id: paid.charge!.id } });
});

it('charges fees of each kind, and gives them back', async () => {
  const standIn = await start();
  const { money } = standIn.world;
  await money.chargeFee({ amount: 600, description: 'Radar' });
  await money.chargeFee({ kind: 'fx', amount: 30 });
  await money.chargeFee({ kind: 'tax', amount: 120 });
  await money.chargeFee({ kind: 'network', amount: -235 });
  expect(await named(standIn)).toEqual([
    ['stripe_fee', 'fee', -600],
    ['stripe_fx_fee', 'fee', -30],
    ['tax_fee', 'tax', -120],
    ['stripe_fee', 'network_cost', 235],
  ]);
  const [last] = (await clientOf(standIn).balanceTransactions.list()).data;
  expect(last).toMatchObject({ source: null, description: 'Network costs' });
});

it('holds money back in four ways, of which two show beside the balance of payments', async () => {
  const standIn = await start();
  const { money } = standIn.world;
  await money.topup({ amount: 10_000 });
  await money.reserve({ amount: 5000 });
  await money.reserve({ amount: -5000 });
  await money.reserve({ way: 'reserve', amount: 700 });
  await money.reserve({ way: 'connect', amount: 900 });
  await money.reserve({ way: 'network', amount: 50 });
  expect(await named(standIn)).toEqual([
    ['topup', 'topup', 10_000],
    ['reserved_funds', 'risk_reserved_funds', -5000],
    ['reserved_funds', 'risk_reserved_funds', 5000],
    ['reserve_hold', 'risk_reserved_funds', -700],
    ['reserve_hold', 'risk_reserved_funds', 700],
    ['reserve_transaction', 'connect_reserved_funds', -900],
    ['payment_network_reserve_hold', 'risk_reserved_funds', -50],
  ]);
  expect(await clientOf(standIn).balance.retrieve()).toMatchObject({
    ...{ connect_reserved: [{ amount: 900 }], risk_reserved: { available: [{ amount: 700 }] } },
  });
  expect(await held(standIn)).toEqual({ usd: 8350 });
  expect(await listedNet(standIn)).toEqual({ usd: 8350 });
});

it('has rows of types, categories and balances that nobody knows', async () => {
  const standIn = await start();
  const { money } = standIn.world;
  await money.row({ type: 'moon_fee', category: 'lunar', amount: -5, source: 'moon_1' });
  await money.row({ type: 'issuing_transaction', amount: -90, balanceType: 'issuing' });
  await money.adjustment({ amount: 7 });
  const { data } = await clientOf(standIn).balanceTransactions.list({ expand: ['data.source'] });
  expect(data).toMatchObject([
    { type: 'adjustment', reporting_category: 'other_adjustment', balance_type: 'payments' },
    { type: 'issuing_transaction', balance_type: 'issuing' },
    { type: 'moon_fee', reporting_category: 'lunar', source: 'moon_1' },
  ]);
  expect(await held(standIn)).toEqual({ usd: 2 });
  expect(await clientOf(standIn).balance.retrieve()).toMatchObject({
    issuing: { available: [{ amount: -90, currency: 'usd' }] },
  });
});

it('does each of it over HTTP, and says what is wrong', async () => {
  const standIn = await start();
  const { id: payment } = await standIn.world.pay({ amount: 5000, settle: { fee: 0 } });
  const post = async (path: string, body: unknown) => {
    const options = { method: 'POST', body: JSON.stringify(body) };
    const answer = await fetch(`${standIn.url}/sandbox/${path}`, options);
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };
  const made = await post('refunds', { payment, amount: 1000 });
  expect(made).toMatchObject({ status: 201, body: { object: 'refund', amount: 1000 } });
  expect(await post('refunds/fail', { refund: made.body['id'] })).toMatchObject({ status: 201 });
  expect(await post('balance_transactions', { type: 'odd', amount: '5' })).toMatchObject({
    ...{ status: 201, body: { object: 'balance_transaction', type: 'odd' } },
  });
  expect(await post('disputes', { payment: 'pi_none' })).toMatchObject({ status: 409 });
  expect(await post('transfers', { amount: 'much' })).toMatchObject({ status: 400 });
  await post('balance', { lagSeconds: 60 });
  await post('settlement', { currencies: ['eur'], into: 'eur', rates: { usd: '0.5' } });
  await post('adjustments', { amount: 1, currency: 'eur' });
  const truth = await fetch(`${standIn.url}/sandbox/balance`);
  expect(await truth.json()).toMatchObject({ total: { usd: '5005', eur: '1' } });
  expect(await held(standIn)).toEqual({ usd: 0 });
});

it('lists objects of one kind, each by its permission', async () => {
  const standIn = await start({
    keys: [
      { key: SANDBOX_STRIPE_KEY, livemode: false },
      { key: 'rk_test_payouts', livemode: false, permissions: ['rak_payout_read'] },
    ],
  });
  const { money } = standIn.world;
  await money.topup({ amount: 900 });
  await money.payout({ amount: 500 });
  expect((await get(standIn, '/v1/payouts', 'rk_test_payouts')).body.data).toHaveLength(1);
  expect((await get(standIn, '/v1/topups', 'rk_test_payouts')).status).toBe(403);
  const [tu] = (await get(standIn, '/v1/topups')).body.data;
  expect((await get(standIn, `/v1/payouts/${tu!.id}`)).status).toBe(404);
});

it('adds up to the cent over a month of everything, in two currencies and a converted one', async () => {
  const standIn = await start();
  const { world } = standIn;
  const { money } = world;
  const DEBIT = { status: 'processing', paymentMethodType: 'us_bank_account' } as const;
  const now = () => clock.nowSeconds();
  const holds = async (usd: number, gbp: number) => {
    const expected = { usd: Math.round(usd * 100), gbp: Math.round(gbp * 100) };
    expect(await held(standIn)).toEqual(expected);
    expect(await listedNet(standIn)).toEqual(expected);
    clock.advance(DAY);
  };

  await world.settle({ currencies: ['usd', 'gbp'] });
  await world.create({ ...DEBIT, amount: 9000, chargeCreatedAt: now(), settle: { fee: 0 } });
  await money.topup({ amount: 116_000 });
  await money.topup({ amount: 30_000, currency: 'gbp' });
  await holds(1250, 300);

  await world.pay({ amount: 1100, succeededAt: now() - 2, settle: { fee: 62, afterSeconds: 2 } });
  await holds(1260.38, 300);
  const card = await world.pay({ amount: 10_000, customer: 'cus_A' });
  await holds(1357.18, 300);
  const tax = [
    { type: 'stripe_fee', amount: 204 },
    { type: 'tax', amount: 20 },
  ];
  const guest = await world.pay({
    amount: 5999,
    customer: null,
    settle: { fee: 224, feeDetails: tax },
  });
  await holds(1414.93, 300);
  const euro = await world.pay({
    amount: 5000,
    currency: 'eur',
    settle: { rate: '1.08', fee: 237 },
  });
  await holds(1466.56, 300);
  const pound = await world.pay({ amount: 8000, currency: 'gbp', settle: { fee: 140 } });
  await holds(1466.56, 378.6);
  const manual = { captureMethod: 'manual', chargeCreatedAt: now() } as const;
  await world.pay({ ...manual, amount: 20_000, amountReceived: 12_000 });
  await holds(1582.78, 378.6);
  const long = await world.create({
    ...DEBIT,
    amount: 50_000,
    chargeCreatedAt: now(),
    settle: { fee: 400 },
  });
  const bad = await world.create({
    ...DEBIT,
    amount: 7000,
    chargeCreatedAt: now(),
    settle: { fee: 56 },
  });
  await holds(2148.22, 378.6);

  await money.refund({ payment: card.id, amount: 2500 });
  const refunded = await money.refund({ payment: euro.id, amount: 2000, rate: '1.10' });
  await money.failRefund({ refund: refunded.id, rate: '1.095' });
  await holds(2123.12, 378.6);
  const first = await money.dispute({ payment: guest.id });
  const second = await money.dispute({ payment: pound.id, fee: 2000 });
  const third = await money.dispute({ payment: euro.id, rate: '1.103' });
  await money.closeDispute({ dispute: second.id, status: 'won' });
  await money.adjustDispute({ dispute: third.id, amount: 12, rate: '1' });
  await holds(1978.1, 358.6);
  await money.closeDispute({ dispute: first.id, status: 'lost' });
  await money.closeDispute({ dispute: third.id, status: 'lost' });
  await holds(1978.1, 358.6);

  await world.charge({ amount: 1500, settle: { fee: 74 } });
  await money.chargeFee({ amount: 600 });
  await money.chargeFee({ kind: 'tax', amount: 120 });
  await money.chargeFee({ kind: 'network', amount: 235 });
  await holds(1982.81, 358.6);
  const sent = await money.transfer({ amount: 4000 });
  await money.reverseTransfer({ transfer: sent.id, amount: 1000 });
  const earned = await money.applicationFee({ amount: 300 });
  await money.refundApplicationFee({ applicationFee: earned.id, amount: 100 });
  await money.topup({ amount: 10_000 });
  await money.reserve({ amount: 5000 });
  await money.reserve({ amount: -5000 });
  await holds(2054.81, 358.6);
  await money.adjustment({ amount: 7 });
  await money.row({ type: 'moon_fee', amount: -5 });
  await holds(2054.83, 358.6);
  await world.succeed(long.id);
  await money.failDebit({ payment: bad.id, failureFee: 400 });
  await holds(1981.39, 358.6);

  const paid = await money.payout({ amount: 150_000 });
  await money.payPayout({ payout: paid.id });
  await money.failPayout({ payout: paid.id });
  await money.payout({ amount: 100_000, method: 'instant', fee: 1000 });
  await holds(971.39, 358.6);
  clock.advance(5 * DAY);
  await money.payout({});
  await money.payout({ currency: 'gbp' });
  await holds(0, 0);
});
