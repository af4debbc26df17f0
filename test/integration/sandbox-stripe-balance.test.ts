/** The balance of the Stripe stand-in and the rows that tell of it, which are kept apart. */
import type Stripe from 'stripe';
import {
  clientOf,
  clock,
  collect,
  DAY,
  get,
  held,
  idsOf,
  listedNet,
  NOON,
  start,
} from '../support/worlds/stripe-bench';

type Row = Stripe.BalanceTransaction;

async function rowsOf(standIn: Parameters<typeof clientOf>[0]): Promise<Row[]> {
  return collect(clientOf(standIn).balanceTransactions.list({ limit: 100 }));
}

describe('what a payment brings', () => {
  it('is a row of its charge with the usual fee, pending for two days', async () => {
    const standIn = await start();
    const { charge } = await standIn.world.pay({ amount: 10_000, description: 'For Jenny' });
    const [row] = await rowsOf(standIn);
    expect(row).toMatchObject({
      ...{ object: 'balance_transaction', type: 'charge', reporting_category: 'charge' },
      ...{ amount: 10_000, fee: 320, net: 9680, currency: 'usd', exchange_rate: null },
      ...{ balance_type: 'payments', status: 'pending', source: charge?.id, created: NOON },
      description: 'For Jenny',
      fee_details: [{ amount: 320, type: 'stripe_fee', currency: 'usd' }],
    });
    const { balanceTransactions, charges, balance } = clientOf(standIn);
    expect(await balanceTransactions.retrieve(row!.id)).toEqual(row);
    expect(await charges.retrieve(charge!.id)).toMatchObject({ balance_transaction: row!.id });
    expect(await balance.retrieve()).toMatchObject({
      available: [{ amount: 0, currency: 'usd' }],
      pending: [{ amount: 9680, currency: 'usd' }],
    });
    clock.advance(2 * DAY);
    expect((await rowsOf(standIn))[0]).toMatchObject({ status: 'available' });
    expect((await balance.retrieve()).available).toMatchObject([{ amount: 9680 }]);
  });

  it('has the fee and the details that it is told, right or wrong', async () => {
    const standIn = await start();
    const details = [
      { type: 'stripe_fee', amount: 204 },
      { type: 'tax', amount: 20 },
    ];
    await standIn.world.pay({ amount: 5999, settle: { fee: 224, feeDetails: details } });
    await standIn.world.pay({ amount: 500, settle: { fee: 1, feeDetails: [] } });
    await standIn.world.pay({ amount: 500, settle: { fee: -7 } });
    const [back, wrong, taxed] = await rowsOf(standIn);
    expect(taxed).toMatchObject({ fee: 224, fee_details: [{ amount: 204 }, { type: 'tax' }] });
    expect(wrong).toMatchObject({ fee: 1, fee_details: [], net: 499 });
    expect(back).toMatchObject({ fee: -7, net: 507 });
  });

  it('comes with a bank debit at its beginning, and not again when it succeeds', async () => {
    const standIn = await start();
    const debit = { status: 'processing', paymentMethodType: 'sepa_debit' } as const;
    const { id, charge } = await standIn.world.create({ ...debit, chargeCreatedAt: NOON });
    const begun = await rowsOf(standIn);
    expect(begun).toMatchObject([{ type: 'payment', source: charge?.id, created: NOON }]);
    clock.advance(5 * DAY);
    await standIn.world.succeed(id);
    expect(idsOf({ data: await rowsOf(standIn) })).toEqual(idsOf({ data: begun }));
  });

  it('goes again with a debit that fails, fee and all', async () => {
    const standIn = await start();
    const debit = { status: 'processing', paymentMethodType: 'sepa_debit' } as const;
    const options = { ...debit, amount: 7000, chargeCreatedAt: NOON, settle: { fee: 56 } };
    const { id, charge } = await standIn.world.create(options);
    clock.advance(DAY);
    await standIn.world.money.failDebit({ payment: id, failureFee: 400 });
    const [fee, failure] = await rowsOf(standIn);
    expect(failure).toMatchObject({
      ...{ type: 'payment_failure_refund', reporting_category: 'charge_failure' },
      ...{ amount: -7000, fee: -56, net: -6944 },
    });
    expect(fee).toMatchObject({ type: 'stripe_fee', amount: -400, source: null });
    expect(await held(standIn)).toEqual({ usd: -400 });
    expect(standIn.world.find(id)?.status).toBe('requires_payment_method');
    const [event] = (await clientOf(standIn).events.list({ type: 'payment_intent.*' })).data;
    expect(event).toMatchObject({ type: 'payment_intent.payment_failed' });
    const { charges, balanceTransactions } = clientOf(standIn);
    const failed = { status: 'failed', paid: false, failure_balance_transaction: failure!.id };
    expect(await charges.retrieve(charge!.id)).toMatchObject(failed);
    // The next attempt has a charge of its own, and its rows.
    clock.advance(DAY);
    const paid = await standIn.world.succeed(id, { settle: { fee: 0 } });
    expect(paid.charge?.id).not.toBe(charge!.id);
    expect(await charges.retrieve(charge!.id)).toMatchObject(failed);
    const expand = { expand: ['source'] };
    const { source } = await balanceTransactions.retrieve(failure!.id, expand);
    expect(source).toMatchObject({ ...failed, id: charge!.id });
    expect(await held(standIn)).toEqual({ usd: 6600 });
    expect((await charges.list()).data.map(({ status }) => status)).toEqual([
      'succeeded',
      'failed',
    ]);
  });

  it('of a partial capture is the authorisation and its reversal', async () => {
    const standIn = await start();
    const manual = { amount: 20_000, captureMethod: 'manual', chargeCreatedAt: NOON - 9 } as const;
    const { charge } = await standIn.world.pay({ ...manual, amountReceived: 12_000 });
    const [reversal, whole] = await rowsOf(standIn);
    expect(whole).toMatchObject({ type: 'charge', amount: 20_000, fee: 378 });
    expect(reversal).toMatchObject({
      ...{ type: 'refund', reporting_category: 'partial_capture_reversal', amount: -8000, fee: 0 },
      source: expect.stringMatching(/^re_/) as string,
    });
    expect(await held(standIn)).toEqual({ usd: 11_622 });
    const shown = await clientOf(standIn).charges.retrieve(charge!.id);
    expect(shown).toMatchObject({ amount_captured: 12_000, amount_refunded: 0, refunded: false });
  });

  it('of several captures is a row for each, and success at the last', async () => {
    const standIn = await start();
    const manual = { status: 'requires_capture', captureMethod: 'manual', amount: 900 } as const;
    const { id } = await standIn.world.create(manual);
    await standIn.world.money.capture({ payment: id, amount: 300 });
    expect(standIn.world.find(id)).toMatchObject({
      ...{ status: 'requires_capture', amountReceived: '300' },
    });
    await standIn.world.money.capture({ payment: id, amount: 500, isFinal: true });
    expect(standIn.world.find(id)).toMatchObject({ status: 'succeeded', amountReceived: '800' });
    expect((await rowsOf(standIn)).map(({ amount }) => amount)).toEqual([500, 300]);
  });

  it('is converted where its currency does not settle, at the rate of the day or a given one', async () => {
    const standIn = await start();
    await standIn.world.settle({ currencies: ['gbp'], rates: { sek: '0.1' } });
    await standIn.world.pay({ amount: 5000, currency: 'eur', settle: { rate: '1.08', fee: 237 } });
    await standIn.world.pay({ amount: 8000, currency: 'gbp', settle: { fee: 140 } });
    await standIn.world.pay({ amount: 1000, currency: 'sek', settle: { fee: 0 } });
    await standIn.world.pay({ amount: 1000, currency: 'jpy', settle: { fee: 0 } });
    const [jpy, sek, gbp, eur] = await rowsOf(standIn);
    expect(eur).toMatchObject({ amount: 5400, fee: 237, currency: 'usd', exchange_rate: 1.08 });
    expect(gbp).toMatchObject({ amount: 8000, currency: 'gbp', exchange_rate: null });
    expect(sek).toMatchObject({ amount: 100, currency: 'usd', exchange_rate: 0.1 });
    expect(jpy!.amount).toBe(Math.round(1000 * jpy!.exchange_rate!));
    // A thousand yen are some seven dollars: the rate is of the smallest units, and a yen has none.
    expect(jpy!.amount).toBeGreaterThan(600);
    expect(jpy!.amount).toBeLessThan(740);
  });

  it('of a charge without an intent is of that charge', async () => {
    const standIn = await start();
    await standIn.world.charge({ id: 'ch_legacy', amount: 1500, settle: { fee: 74 } });
    await standIn.world.charge({ id: 'py_connect', amount: 900, sourceTransfer: 'tr_1' });
    await standIn.world.charge({ id: 'ch_failed', status: 'failed' });
    expect(await rowsOf(standIn)).toMatchObject([
      { type: 'payment', source: 'py_connect' },
      { type: 'charge', source: 'ch_legacy', net: 1426 },
    ]);
  });

  it('of a pending charge alone stays when it succeeds, and goes when it fails', async () => {
    const standIn = await start();
    const { money } = standIn.world;
    const pending = { status: 'pending', amount: 900, settle: { fee: 5 } } as const;
    await standIn.world.charge({ ...pending, id: 'py_1' });
    await standIn.world.charge({ ...pending, id: 'py_2' });
    clock.advance(DAY);
    await money.finishCharge({ charge: 'py_1' });
    await money.failDebit({ payment: 'py_2' });
    expect(await held(standIn)).toEqual({ usd: 895 });
    const { charges } = clientOf(standIn);
    expect(await charges.retrieve('py_1')).toMatchObject({ status: 'succeeded', paid: true });
    expect(await charges.retrieve('py_2')).toMatchObject({ status: 'failed', paid: false });
    await expect(money.failDebit({ payment: 'py_1' })).rejects.toThrow('no pending charge');
  });

  it('holds amounts that no double holds, exactly', async () => {
    const standIn = await start();
    await standIn.world.pay({ amount: '9007199254740993', settle: { fee: 0 } });
    const answer = await fetch(`${standIn.url}/v1/balance_transactions`, {
      headers: { Authorization: 'Bearer sk_test_sandbox' },
    });
    expect(await answer.text()).toContain('"amount":9007199254740993,');
  });
});

describe('rows and balance', () => {
  it('come after the payment by seconds, or never', async () => {
    const standIn = await start();
    const late = await standIn.world.pay({ amount: 2000, settle: { afterSeconds: 40 } });
    await standIn.world.pay({ amount: 2000, settle: { never: true } });
    expect(await rowsOf(standIn)).toEqual([]);
    expect(await held(standIn)).toEqual({ usd: 0 });
    const { charges } = clientOf(standIn);
    expect((await charges.retrieve(late.charge!.id)).balance_transaction).toBeNull();
    clock.advance(40);
    expect(await rowsOf(standIn)).toMatchObject([{ source: late.charge?.id, created: NOON + 40 }]);
    expect(await held(standIn)).toEqual({ usd: 1912 });
  });

  it('differ while a row lags behind, and for ever where one is missing', async () => {
    const standIn = await start();
    await standIn.world.pay({ amount: 1000, settle: { fee: 0, lagSeconds: 8 } });
    await standIn.world.pay({ amount: 500, settle: { fee: 0, unlisted: true } });
    expect(await held(standIn)).toEqual({ usd: 1500 });
    expect(await listedNet(standIn)).toEqual({});
    clock.advance(8);
    expect(await listedNet(standIn)).toEqual({ usd: 1000 });
    const { money } = standIn.world;
    await money.row({ type: 'adjustment', amount: 70, unmoved: true });
    expect(await held(standIn)).toEqual({ usd: 1500 });
    expect(await listedNet(standIn)).toEqual({ usd: 1070 });
  });

  it('appear below rows that are listed already, with the time at which they were created', async () => {
    const standIn = await start();
    await standIn.world.pay({ amount: 1000, settle: { lagSeconds: 3600 } });
    clock.advance(1800);
    await standIn.world.pay({ amount: 2000 });
    clock.advance(1800);
    const rows = await rowsOf(standIn);
    expect(rows.map(({ amount, created }) => [amount, created])).toEqual([
      [2000, NOON + 1800],
      [1000, NOON],
    ]);
  });

  it('say nothing of currencies that are left out, and lag where told', async () => {
    const standIn = await start();
    await standIn.world.pay({ amount: 1000, currency: 'eur', settle: { fee: 0 } });
    await standIn.world.pay({ amount: 1000, currency: 'gbp', settle: { fee: 1500 } });
    expect(await held(standIn)).toEqual({ usd: 0, eur: 1000, gbp: -500 });
    await standIn.world.viewBalance({ omitsZero: true, omits: ['gbp'] });
    expect(await held(standIn)).toEqual({ eur: 1000 });
    await standIn.world.viewBalance({ lagSeconds: 5 });
    expect(await held(standIn)).toEqual({ usd: 0 });
    clock.advance(5);
    expect(await held(standIn)).toEqual({ usd: 0, eur: 1000, gbp: -500 });
  });
});

describe('the list', () => {
  it('takes ranges, type, source and currency, and pages without loss or repeat', async () => {
    const standIn = await start();
    for (let n = 0; n < 120; n += 1) await standIn.world.pay({ createdAt: NOON - 5, amount: 900 });
    const last = await standIn.world.pay({ currency: 'eur' });
    await standIn.world.money.chargeFee({ amount: 600 });
    const { balanceTransactions } = clientOf(standIn);
    const all = await rowsOf(standIn);
    expect(new Set(all.map(({ id }) => id)).size).toBe(122);
    expect(standIn.requests.list('/v1/balance_transactions')).toHaveLength(2);
    const count = async (params: Stripe.BalanceTransactionListParams) =>
      (await balanceTransactions.list({ limit: 100, ...params })).data.length;
    expect(await count({ created: { gte: NOON } })).toBe(2);
    expect(await count({ type: 'stripe_fee' })).toBe(1);
    expect(await count({ currency: 'eur' })).toBe(1);
    expect(await count({ source: last.charge!.id })).toBe(1);
    const older = await balanceTransactions.list({ ending_before: all[121]!.id, limit: 2 });
    expect(idsOf(older)).toEqual([all[119]!.id, all[120]!.id]);
  });

  it('refuses what Stripe refuses', async () => {
    const standIn = await start();
    for (const name of ['reporting_category', 'available_on', 'balance_type']) {
      const { status, body } = await get(standIn, `/v1/balance_transactions?${name}=x`);
      expect([status, body.error.code]).toEqual([400, 'parameter_unknown']);
    }
    const unknown = await get(standIn, '/v1/balance_transactions/txn_none');
    expect([unknown.status, unknown.body.error.code]).toEqual([404, 'resource_missing']);
    const expanded = await get(standIn, '/v1/balance_transactions?expand[]=data.payout');
    expect(expanded.status).toBe(400);
  });

  it('has those of a computed history too, and its balance is their sum', async () => {
    const standIn = await start({ scenario: 'million', shape: { size: 300, days: 9 } });
    const paid = await standIn.world.pay({ amount: 1000 });
    const rows = await rowsOf(standIn);
    expect(rows).toHaveLength(301);
    expect(rows[0]).toMatchObject({ source: paid.charge?.id });
    expect(await held(standIn)).toEqual(await listedNet(standIn));
    const { charges, balance } = clientOf(standIn);
    const shown = await charges.retrieve(rows[7]!.source as string);
    expect(shown.balance_transaction).toBe(rows[7]!.id);
    const pending = async () => (await balance.retrieve()).pending.map(({ amount }) => amount);
    expect(Math.max(...(await pending()))).toBeGreaterThan(0);
    clock.advance(2 * DAY);
    expect(Math.max(...(await pending()))).toBe(0);
    expect(await held(standIn)).toEqual(await listedNet(standIn));
  });

  it('has rows for each payment of the invented histories that brought money', async () => {
    const standIn = await start({ scenario: 'default' });
    const sources = new Set((await rowsOf(standIn)).map(({ source }) => source));
    const intents = await collect(clientOf(standIn).paymentIntents.list({ limit: 100 }));
    const paid = intents.filter(({ status }) => status === 'succeeded');
    expect(paid.filter(({ latest_charge }) => !sources.has(latest_charge as string))).toEqual([]);
    expect(await held(standIn)).toEqual({ usd: 0, ...(await listedNet(standIn)) });
  });
});

describe('permissions', () => {
  const key = (...permissions: string[]) => ({
    ...{ key: 'rk_test_balance', livemode: false, permissions },
  });

  it('are asked for the balance, for sources, and for each kind of source', async () => {
    const source = 'rak_balance_transaction_source_read';
    const standIn = await start();
    const { id } = await standIn.world.pay();
    await standIn.world.money.dispute({ payment: id });
    const ask = async (path: string, ...permissions: string[]) => {
      standIn.addKey(key(...permissions));
      return get(standIn, path, 'rk_test_balance');
    };
    expect((await ask('/v1/balance', 'rak_charge_read')).status).toBe(403);
    expect((await ask('/v1/balance', 'rak_balance_read')).status).toBe(200);
    expect((await ask('/v1/balance', source)).status).toBe(200);
    const plain = '/v1/balance_transactions';
    expect((await ask(plain, 'rak_balance_read')).status).toBe(200);
    const rich = `${plain}?expand[]=data.source`;
    expect((await ask(rich, 'rak_balance_read', 'rak_charge_read')).status).toBe(403);
    const lacking = await ask(rich, source, 'rak_charge_read');
    expect(lacking.status).toBe(403);
    expect(lacking.body.error.message).toContain("'rak_dispute_read'");
    expect((await ask(rich, source, 'rak_charge_read', 'rak_dispute_read')).status).toBe(200);
    // A key loses one over HTTP as well, in the middle of a run.
    const body = JSON.stringify(key(source));
    const changed = await fetch(`${standIn.url}/sandbox/keys`, { method: 'POST', body });
    expect(changed.status).toBe(204);
    expect((await get(standIn, rich, 'rk_test_balance')).status).toBe(403);
  });
});
