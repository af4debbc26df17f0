/** Refunds and disputes of the Stripe stand-in: their objects, rows and events. */
import type Stripe from 'stripe';
import { clientOf, clock, collect, DAY, held, start } from '../support/worlds/stripe-bench';

type StandIn = Awaited<ReturnType<typeof start>>;

const FREE = { settle: { fee: 0 } };

async function rowsOf(standIn: StandIn, source: string) {
  const { balanceTransactions } = clientOf(standIn);
  return (await collect(balanceTransactions.list({ source }))).reverse();
}

async function typesOf(standIn: StandIn): Promise<string[]> {
  const types = ['refund.created', 'refund.updated', 'refund.failed', 'charge.dispute.created'];
  const more = ['charge.dispute.updated', 'charge.dispute.closed'];
  const list = clientOf(standIn).events.list({
    types: [...types, ...more],
  });
  return (await collect(list)).map(({ type }) => type).reverse();
}

describe('a refund', () => {
  it('moves the money at once, and names payment, charge and payer', async () => {
    const standIn = await start();
    const paid = await standIn.world.pay({ amount: 5000, customer: 'cus_A', ...FREE });
    const made = await standIn.world.money.refund({ payment: paid.id, amount: 2000 });
    const { refunds, charges } = clientOf(standIn);
    const refund = await refunds.retrieve(made.id);
    expect(refund).toMatchObject({
      ...{ object: 'refund', amount: 2000, currency: 'usd', status: 'succeeded' },
      ...{ charge: paid.charge?.id, payment_intent: paid.id, customer: 'cus_A' },
    });
    expect(await rowsOf(standIn, made.id)).toMatchObject([
      { id: refund.balance_transaction, type: 'refund', reporting_category: 'refund', net: -2000 },
    ]);
    expect(await held(standIn)).toEqual({ usd: 3000 });
    const charge = () => charges.retrieve(paid.charge!.id);
    expect(await charge()).toMatchObject({ amount_refunded: 2000, refunded: false });
    await standIn.world.money.refund({ payment: paid.charge!.id, amount: 3000 });
    expect(await charge()).toMatchObject({ amount_refunded: 5000, refunded: true });
  });

  it('that waits has no row until it is settled', async () => {
    const standIn = await start();
    const { id: payment } = await standIn.world.pay({ amount: 5000, ...FREE });
    const { money } = standIn.world;
    const made = await money.refund({ payment, waitsFor: 'insufficient_funds' });
    const { refunds } = clientOf(standIn);
    expect(await refunds.retrieve(made.id)).toMatchObject({
      ...{ status: 'pending', pending_reason: 'insufficient_funds', balance_transaction: null },
    });
    expect(await held(standIn)).toEqual({ usd: 5000 });
    await money.settleRefund({ refund: made.id });
    expect(await rowsOf(standIn, made.id)).toMatchObject([{ amount: -5000 }]);
    expect(await typesOf(standIn)).toEqual(['refund.created', 'refund.updated']);
  });

  it('that fails brings the money back in each of three forms', async () => {
    const standIn = await start();
    const { money } = standIn.world;
    const failed = async (as?: 'payment_refund' | 'adjustment') => {
      const { id: payment } = await standIn.world.pay({ amount: 700, ...FREE });
      const { id } = await money.refund({ payment });
      const { failureBalanceTransaction } = await money.failRefund({ refund: id, as });
      const rows = await rowsOf(standIn, id);
      expect(rows[1]!.id).toBe(failureBalanceTransaction);
      return rows.map(({ type, reporting_category, amount }) => [type, reporting_category, amount]);
    };
    const gone = ['refund', 'refund', -700];
    expect(await failed()).toEqual([gone, ['refund_failure', 'refund_failure', 700]]);
    expect(await failed('payment_refund')).toEqual([gone, ['payment_refund', 'refund', 700]]);
    expect(await failed('adjustment')).toEqual([gone, ['adjustment', 'refund_failure', 700]]);
    expect(await held(standIn)).toEqual({ usd: 2100 });
  });

  it('of a converted payment is converted at its own rates', async () => {
    const standIn = await start();
    await standIn.world.settle({ currencies: [] });
    const { money } = standIn.world;
    const options = { amount: 5000, currency: 'eur', settle: { fee: 0, rate: '1.08' } };
    const { id: payment } = await standIn.world.pay(options);
    const { id } = await money.refund({ payment, amount: 2000, rate: '1.10' });
    await money.failRefund({ refund: id, rate: '1.095' });
    expect((await rowsOf(standIn, id)).map((row) => row.amount)).toEqual([-2200, 2190]);
    expect(await clientOf(standIn).refunds.retrieve(id)).toMatchObject({
      ...{ amount: 2000, currency: 'eur', status: 'failed' },
      failure_balance_transaction: expect.any(String) as string,
    });
  });
});

describe('a dispute', () => {
  it('takes the money and a fee; won gives the money back', async () => {
    const standIn = await start();
    const { money } = standIn.world;
    const paid = await standIn.world.pay({ amount: 8000, ...FREE });
    const { id } = await money.dispute({ payment: paid.id, fee: 2000 });
    expect(await held(standIn)).toEqual({ usd: -2000 });
    clock.advance(9 * DAY);
    await money.closeDispute({ dispute: id, status: 'won' });
    expect(await rowsOf(standIn, id)).toMatchObject([
      { type: 'adjustment', reporting_category: 'dispute', amount: -8000, fee: 2000, net: -10_000 },
      { type: 'adjustment', reporting_category: 'dispute_reversal', amount: 8000, fee: 0 },
    ]);
    const { disputes, charges } = clientOf(standIn);
    expect(await disputes.retrieve(id)).toMatchObject({
      ...{ object: 'dispute', status: 'won', charge: paid.charge?.id, payment_intent: paid.id },
      balance_transactions: [{ net: -10_000 }, { net: 8000 }],
    });
    expect(await charges.retrieve(paid.charge!.id)).toMatchObject({ disputed: true });
    expect(await typesOf(standIn)).toEqual(['charge.dispute.created', 'charge.dispute.closed']);
  });

  it('lost makes no row, and may give a little back later; an appeal goes on', async () => {
    const standIn = await start();
    const { money } = standIn.world;
    const { id: payment } = await standIn.world.pay({ amount: 6500, ...FREE });
    const { id } = await money.dispute({ payment });
    await money.closeDispute({ dispute: id, status: 'lost' });
    expect(await rowsOf(standIn, id)).toHaveLength(1);
    await money.adjustDispute({ dispute: id, amount: 50 });
    await money.updateDispute({ dispute: id, status: 'appeal_under_review' });
    const { balance_transactions, status } = await clientOf(standIn).disputes.retrieve(id);
    expect(
      balance_transactions.map(({ reporting_category, net }) => [reporting_category, net]),
    ).toEqual([
      ['dispute', -8000],
      ['dispute_reversal', 50],
    ]);
    expect(status).toBe('appeal_under_review');
    await money.closeDispute({ dispute: id, status: 'won', returned: 6450 });
    expect(await held(standIn)).toEqual({ usd: 5000 });
  });

  it('may be a second one of the same charge, in part, or only a question', async () => {
    const standIn = await start();
    const { money } = standIn.world;
    const { id: payment } = await standIn.world.pay({ amount: 6500, ...FREE });
    const asked = await money.dispute({ payment, isInquiry: true });
    expect(await rowsOf(standIn, asked.id)).toEqual([]);
    const back = { dispute: asked.id, amount: 50 };
    await expect(money.adjustDispute(back)).rejects.toThrow('Nothing was taken');
    await money.closeDispute({ dispute: asked.id, status: 'warning_closed' });
    await money.dispute({ payment, amount: 1000 });
    await money.dispute({ payment, amount: 500, fee: 0 });
    expect(await held(standIn)).toEqual({ usd: 3500 });
    expect((await clientOf(standIn).disputes.list()).data).toHaveLength(3);
  });

  it('tells events the dispute as it was then', async () => {
    const standIn = await start();
    const { money } = standIn.world;
    const { id: payment } = await standIn.world.pay();
    const { id } = await money.dispute({ payment });
    clock.advance(60);
    await money.closeDispute({ dispute: id, status: 'lost' });
    const { data } = await clientOf(standIn).events.list({ type: 'charge.dispute.*' });
    const statuses = data.map(({ type, data: { object } }) => [
      type,
      (object as Stripe.Dispute).status,
    ]);
    expect(statuses[0]).toEqual(['charge.dispute.closed', 'lost']);
    expect(statuses.at(-1)).toEqual(['charge.dispute.created', 'needs_response']);
  });

  it('that a bank makes without asking is a payment reversal', async () => {
    const standIn = await start();
    const paid = await standIn.world.pay({ amount: 900, paymentMethodType: 'ach_debit', ...FREE });
    await standIn.world.money.reversePayment({ payment: paid.id });
    expect((await rowsOf(standIn, paid.charge!.id))[1]).toMatchObject({
      ...{ type: 'payment_reversal', amount: -900 },
    });
  });
});
