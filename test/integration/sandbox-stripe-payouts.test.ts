/** Payouts of the Stripe stand-in: what is in them, how they end, and the rows beside them. */
import type Stripe from 'stripe';
import {
  clientOf,
  clock,
  collect,
  DAY,
  get,
  held,
  idsOf,
  start,
} from '../support/worlds/stripe-bench';

const FREE = { settle: { fee: 0, availableAfterSeconds: 0 } };

const sumOf = (rows: readonly Stripe.BalanceTransaction[]) =>
  rows.reduce((sum, { net }) => sum + net, 0);

describe('an automatic payout', () => {
  it('pays what is available, and its contents add up to nothing with its own row', async () => {
    const standIn = await start();
    const { money } = standIn.world;
    await standIn.world.pay({ amount: 3000, ...FREE });
    await standIn.world.pay({ amount: 500, currency: 'eur', ...FREE });
    const pending = await standIn.world.pay({ amount: 9999 });
    await money.chargeFee({ amount: 600 });
    const made = await money.payout({ automatic: true });
    await money.payPayout({ payout: made.id });
    const { payouts, balanceTransactions } = clientOf(standIn);
    expect(await payouts.retrieve(made.id)).toMatchObject({
      ...{ object: 'payout', amount: 2400, currency: 'usd', automatic: true, status: 'paid' },
      ...{ reconciliation_status: 'completed', method: 'standard' },
    });
    const contents = await collect(balanceTransactions.list({ payout: made.id }));
    expect(contents.map(({ type }) => type)).toEqual(['payout', 'stripe_fee', 'charge']);
    expect(sumOf(contents)).toBe(0);
    clock.advance(2 * DAY);
    const next = await money.payout({ automatic: true });
    await money.payPayout({ payout: next.id });
    const later = await collect(balanceTransactions.list({ payout: next.id }));
    expect(later.map(({ source }) => source)).toContain(pending.charge?.id);
    expect(sumOf(later)).toBe(0);
    expect((await held(standIn))['usd']).toBe(0);
  });

  it('has complete contents only once it is reconciled', async () => {
    const standIn = await start();
    const { money } = standIn.world;
    await standIn.world.pay({ amount: 3000, ...FREE });
    await standIn.world.pay({ amount: 4000, ...FREE });
    const { id } = await money.payout({ automatic: true });
    await money.payPayout({ payout: id, isReconciledLater: true });
    const { payouts, balanceTransactions, events } = clientOf(standIn);
    const contents = () => balanceTransactions.list({ payout: id });
    expect(await payouts.retrieve(id)).toMatchObject({ reconciliation_status: 'in_progress' });
    expect((await contents()).data).toHaveLength(2);
    await money.reconcilePayout({ payout: id });
    expect((await contents()).data).toHaveLength(3);
    const types: Stripe.EventListParams['types'] = ['payout.reconciliation_completed'];
    expect((await events.list({ types })).data).toHaveLength(1);
  });

  it('debits the bank where the balance is negative', async () => {
    const standIn = await start();
    await standIn.world.money.chargeFee({ amount: 700 });
    const made = await standIn.world.money.payout({ automatic: true });
    expect(made).toMatchObject({ amount: '-700' });
    expect(await held(standIn)).toEqual({ usd: 0 });
  });

  it('holds a minimum balance back and gives it free, among its contents', async () => {
    const standIn = await start();
    const { money } = standIn.world;
    await standIn.world.pay({ amount: 3000, ...FREE });
    const { id } = await money.payout({ automatic: true, minimumBalance: 1000 });
    await money.payPayout({ payout: id });
    const rows = await collect(clientOf(standIn).balanceTransactions.list({ payout: id }));
    expect(rows.map(({ type }) => type)).toEqual([
      'payout',
      'payout_minimum_balance_release',
      'payout_minimum_balance_hold',
      'charge',
    ]);
    expect(sumOf(rows)).toBe(0);
  });
});

describe('a payout by hand', () => {
  it('cannot be taken apart, and can fail after it was paid', async () => {
    const standIn = await start();
    const { money } = standIn.world;
    await standIn.world.pay({ amount: 3000, ...FREE });
    const { id } = await money.payout({ amount: 1500 });
    const asked = await get(standIn, `/v1/balance_transactions?payout=${id}`);
    expect([asked.status, asked.body.error.param]).toEqual([400, 'payout']);
    await money.payPayout({ payout: id });
    clock.advance(3 * DAY);
    await money.failPayout({ payout: id });
    const { payouts, balanceTransactions, events } = clientOf(standIn);
    const failed = await payouts.retrieve(id);
    expect(failed).toMatchObject({ status: 'failed', failure_code: 'account_closed' });
    expect(failed.reconciliation_status).toBe('not_applicable');
    const rows = await collect(balanceTransactions.list({ source: id }));
    expect(
      rows.map(({ type, reporting_category, net }) => [type, reporting_category, net]),
    ).toEqual([
      ['payout_failure', 'payout_reversal', 1500],
      ['payout', 'payout', -1500],
    ]);
    expect(rows[0]!.id).toBe(failed.failure_balance_transaction);
    const { data } = await events.list({ types: ['payout.paid', 'payout.failed'] });
    expect(data.map(({ type }) => type)).toEqual(['payout.failed', 'payout.paid']);
    expect(await held(standIn)).toEqual({ usd: 3000 });
  });

  it('may be instant, with a fee inside, and above what is available', async () => {
    const standIn = await start();
    await standIn.world.pay({ amount: 3000, settle: { fee: 0 } });
    const { id } = await standIn.world.money.payout({
      ...{ method: 'instant', amount: 1000, fee: 10, advance: 1010 },
    });
    const rows = await collect(clientOf(standIn).balanceTransactions.list());
    expect(rows.map(({ type, net }) => [type, net])).toEqual([
      ['payout', -1010],
      ['advance_funding', -1010],
      ['advance', 1010],
      ['charge', 3000],
    ]);
    expect(rows[0]).toMatchObject({ fee: 10, source: id });
  });

  it('can be canceled, or reversed by another that names it', async () => {
    const standIn = await start();
    const { money } = standIn.world;
    await standIn.world.pay({ amount: 3000, ...FREE });
    const first = await money.payout({ amount: 1000 });
    await money.failPayout({ payout: first.id, status: 'canceled' });
    const second = await money.payout({ amount: 1000 });
    const third = await money.reversePayout({ payout: second.id });
    const { payouts } = clientOf(standIn);
    expect(await payouts.retrieve(first.id)).toMatchObject({ status: 'canceled' });
    expect(await payouts.retrieve(second.id)).toMatchObject({ reversed_by: third.id });
    expect(await payouts.retrieve(third.id)).toMatchObject({
      ...{ original_payout: second.id, amount: -1000 },
    });
    expect(idsOf(await payouts.list())).toEqual([third.id, second.id, first.id]);
    expect(await held(standIn)).toEqual({ usd: 3000 });
  });
});
