/** The worked example as it happens at Stripe: what `worked-example.ts` says of its rows, a step at a time. */
import type { DrivenWorld } from './driver-world';

const HOUR = 60 * 60;
const DAY = 24 * HOUR;

/** Seconds between the pay-in of the step `card` and its row. */
export const ROW_COMES_AFTER = 10 * 60;

export const CUT_OVER = Date.UTC(2026, 10, 1) / 1000;

/** Behind the name of everything in the ledger: one that is shared keeps what others have put there. */
export interface Names {
  readonly suffix: string;
}

export interface StoryStep {
  /** As the step of the example is called. */
  readonly what: string;
  /** What happens before the sync. */
  readonly happens: () => Promise<unknown>;
}

/** @returns its steps, in the order of the example; each begins an hour after the one before it */
export function workedStory({ stripe, clock }: DrivenWorld, { suffix }: Names): StoryStep[] {
  const { world } = stripe;
  const { money } = world;
  const now = () => clock.nowSeconds();
  const customer = (letter: string) => `cus_${letter}${suffix}`;
  const debit = (letter: string, amount: number, fee: number) =>
    world.create({
      ...{ status: 'processing', paymentMethodType: 'us_bank_account' },
      ...{ amount, customer: customer(letter), chargeCreatedAt: now(), settle: { fee } },
    });
  const ids = new Map<string, string>();
  const named = async (name: string, made: Promise<{ readonly id: string }>) =>
    void ids.set(name, (await made).id);
  const id = (name: string) => {
    const known = ids.get(name);
    if (known === undefined) throw new Error(`${name} has not happened yet`);
    return known;
  };
  const steps: StoryStep[] = [];
  const step = (what: string, happens: StoryStep['happens']) => void steps.push({ what, happens });

  step('opening', async () => {
    await world.settle({ currencies: ['usd', 'gbp'] });
    clock.set(CUT_OVER - 3 * DAY);
    await named('pi_F', debit('F', 9_000, 0));
    await money.topup({ amount: 116_000 });
    await money.topup({ amount: 30_000, currency: 'gbp' });
    // So soon that what Stripe says of its balance need not have the row of pi_9, which is of the cut-over.
    clock.set(CUT_OVER + 2);
  });
  step('pi_9, succeeded two seconds before it', async () => {
    await world.pay({
      ...{ amount: 1_100, customer: customer('A'), createdAt: CUT_OVER - 2 },
      settle: { fee: 62, afterSeconds: 2 },
    });
  });
  step('card', () =>
    named(
      'pi_1',
      world.pay({
        ...{ amount: 10_000, customer: customer('A') },
        settle: { fee: 320, afterSeconds: ROW_COMES_AFTER },
      }),
    ),
  );
  step('guest, fee with tax', () =>
    named(
      'pi_2',
      world.pay({
        ...{ amount: 5_999, customer: null },
        settle: {
          fee: 224,
          feeDetails: [
            { type: 'stripe_fee', amount: 204 },
            { type: 'tax', amount: 20 },
          ],
        },
      }),
    ),
  );
  step('EUR, converted to USD', () =>
    named(
      'pi_3',
      world.pay({
        ...{ amount: 5_000, currency: 'eur', customer: customer('B') },
        settle: { rate: '1.08', fee: 237 },
      }),
    ),
  );
  step('GBP', () =>
    named(
      'pi_4',
      world.pay({
        ...{ amount: 8_000, currency: 'gbp', customer: customer('A') },
        settle: { fee: 140 },
      }),
    ),
  );
  step('authorised 200.00, captured 120.00', () =>
    world.pay({
      ...{ amount: 20_000, amountReceived: 12_000, customer: customer('C') },
      ...{ captureMethod: 'manual', chargeCreatedAt: now(), settle: { fee: 378 } },
    }),
  );
  step('two debits begun', async () => {
    await named('pi_6', debit('D', 50_000, 400));
    await named('pi_7', debit('E', 7_000, 56));
  });
  step('refunds, one of which fails', async () => {
    await money.refund({ payment: id('pi_1'), amount: 2_500 });
    await named('re_3', money.refund({ payment: id('pi_3'), amount: 2_000, rate: '1.10' }));
    await money.failRefund({ refund: id('re_3'), rate: '1.095' });
  });
  step('three disputes, the second won', async () => {
    await named('du_2', money.dispute({ payment: id('pi_2') }));
    await named('du_4', money.dispute({ payment: id('pi_4'), fee: 2_000 }));
    await named('du_3', money.dispute({ payment: id('pi_3'), rate: '1.103' }));
    await money.closeDispute({ dispute: id('du_4'), status: 'won' });
    await money.adjustDispute({ dispute: id('du_3'), amount: 12, rate: '1' });
  });
  step('the first and the third lost', async () => {
    await money.closeDispute({ dispute: id('du_2'), status: 'lost' });
    await money.closeDispute({ dispute: id('du_3'), status: 'lost' });
  });
  step('a charge of the old API, Radar, tax, network costs', async () => {
    await world.charge({ amount: 1_500, customer: customer('A'), settle: { fee: 74 } });
    await money.chargeFee({ amount: 600, description: 'Radar' });
    await money.chargeFee({ kind: 'tax', amount: 120 });
    await money.chargeFee({ kind: 'network', amount: 235 });
  });
  step('transfer, application fee, top-up, reserve', async () => {
    const destination = `acct_X${suffix}`;
    await named('tr_1', money.transfer({ amount: 4_000, destination }));
    await money.reverseTransfer({ transfer: id('tr_1'), amount: 1_000 });
    await named('fee_1', money.applicationFee({ amount: 300 }));
    await money.refundApplicationFee({ applicationFee: id('fee_1'), amount: 100 });
    await money.topup({ amount: 10_000 });
    await money.reserve({ amount: 5_000 });
    await money.reserve({ amount: -5_000 });
  });
  step('an adjustment and an unknown row', async () => {
    await money.adjustment({ amount: 7 });
    await money.row({ type: 'stripe_surprise', category: 'surprise', amount: -5 });
  });
  step('the debits: two succeed, one fails', async () => {
    await world.succeed(id('pi_F'));
    await world.succeed(id('pi_6'));
    await money.failDebit({ payment: id('pi_7'), failureFee: 400 });
  });
  step('a payout that fails, an instant one', async () => {
    await named('po_1', money.payout({ amount: 150_000 }));
    await money.payPayout({ payout: id('po_1') });
    await money.failPayout({ payout: id('po_1') });
    await money.payout({ amount: 100_000, method: 'instant', fee: 1_000 });
  });
  step('everything paid out', async () => {
    await money.payout({ amount: 97_139 });
    await money.payout({ amount: 35_860, currency: 'gbp' });
    await money.row({ type: 'reserve_hold', balanceType: 'risk_reserved', amount: 5_000 });
  });
  return steps.map(({ what, happens }, index) => ({
    what,
    happens: async () => {
      if (index > 0) clock.advance(HOUR);
      await happens();
    },
  }));
}
