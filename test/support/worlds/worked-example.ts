/**
 * The worked example of docs/movements.md: an account that settles in USD and GBP, from its opening on the first of
 * November to the day when everything is paid out. Step by step, what Stripe lists and what becomes of it.
 */
import type { BalanceTransaction } from '../../../src/domain/movements/balance-transaction';
import { judge, legsOf } from '../../../src/domain/movements/chart';
import { appliedLegs, openingLegs } from '../../../src/domain/movements/follow-ups';
import { lostLegs } from '../../../src/domain/kinds/dispute';
import { openingBalanceLegs } from '../../../src/domain/kinds/opening-balance';
import { KINDS } from '../../../src/domain/kinds/table';
import { NOTHING_KNOWN, type BookedPayIn, type Known } from '../../../src/domain/movements/known';
import type { Leg } from '../../../src/domain/movements/leg';
import type { Posting, Verdict } from '../../../src/domain/posting';
import {
  aBalanceTransaction,
  aCharge,
  aDispute,
  aFee,
  aRefund,
  booked,
} from './a-balance-transaction';

const CUT_OVER = Date.UTC(2026, 10, 1) / 1000;
const HOUR = 60 * 60;

const CHART = {
  balances: { source: '@stripe', guest: '@stripe-guest' },
  cutOver: CUT_OVER,
};

const CONTEXT = {
  ...CHART,
  syncId: 'sync_1',
  stripeAccount: 'acct_1',
  livemode: false,
  since: CUT_OVER,
  eventsReachSince: true,
};

export interface Step {
  readonly what: string;
  readonly postings: readonly Posting[];
  /** Stripe's own balance after it, minor units. */
  readonly stripe: { readonly usd: bigint; readonly gbp: bigint };
  /** Rows that Stripe lists with it. */
  readonly rows: readonly BalanceTransaction[];
}

export function workedExample(): Step[] {
  const steps: Step[] = [];
  let rows: BalanceTransaction[] = [];
  let postings: Posting[] = [];
  const stripe = { usd: 0n, gbp: 0n };
  let moment = CUT_OVER;

  const row = (fields: Partial<BalanceTransaction>): BalanceTransaction => {
    moment += HOUR;
    const bt = aBalanceTransaction({ created: moment, ...fields });
    rows.push(bt);
    return bt;
  };
  const take = (verdict: Verdict) => {
    if (verdict.kind !== 'post') throw new Error(`not booked: ${JSON.stringify(verdict)}`);
    postings.push(verdict.posting);
  };
  const takeLegs = (legs: readonly Leg[]) => legs.forEach((leg) => take(judge(leg, CONTEXT)));
  const book = (bt: BalanceTransaction, known: Known = NOTHING_KNOWN) =>
    takeLegs(legsOf(bt, known, CHART));
  const payIn = (fields: Partial<BookedPayIn> & { readonly id: string }): Known => {
    const known = booked({ datedAt: moment, ...fields, chargeId: chargeOf(fields.id) });
    const { id, amount, currency, payer, datedAt } = known.payIn as BookedPayIn;
    const facts = { id, amount, currency, payer, created: datedAt, succeededAt: datedAt };
    take(KINDS.pay_in.judge({ ...facts, chargedAt: null, livemode: false, fault: null }, CONTEXT));
    return known;
  };
  const done = (what: string, usd: bigint, gbp = stripe.gbp) => {
    Object.assign(stripe, { usd, gbp });
    steps.push({ what, postings, rows, stripe: { ...stripe } });
    postings = [];
    rows = [];
  };

  const pending = row({
    id: 'txn_before',
    type: 'payment',
    amount: 9_000n,
    created: Date.UTC(2026, 9, 29) / 1000,
    source: charge('pi_F', 'cus_F', 'pending'),
  });
  book(pending);
  for (const [currency, amount] of [
    ['USD', 125_000n],
    ['GBP', 30_000n],
  ] as const) {
    const opening = { stripeAccount: 'acct_1', currency, amount, cutOver: CUT_OVER };
    takeLegs(openingBalanceLegs(opening, CHART.balances));
  }
  done('opening', 125_000n, 30_000n);

  book(row({ id: 'txn_1', amount: 1_100n, fee: 62n, source: charge('pi_9', 'cus_A') }), {
    payIn: { state: 'earlier', chargeId: 'ch_9', payer: 'cus_A', isInLedger: false },
    begunBefore: false,
  });
  done('pi_9, succeeded two seconds before it', 126_038n);

  const card = payIn({ id: 'pi_1', payer: 'cus_A', amount: 10_000n });
  book(row({ id: 'txn_2', amount: 10_000n, fee: 320n, source: charge('pi_1', 'cus_A') }), card);
  done('card', 135_718n);

  const guest = payIn({ id: 'pi_2', payer: null, amount: 5_999n });
  const taxed = { fee: 224n, feeDetails: [aFee(204n), aFee(20n, 'tax')] };
  book(row({ id: 'txn_3', amount: 5_999n, ...taxed, source: charge('pi_2', null) }), guest);
  done('guest, fee with tax', 141_493n);

  const euro = payIn({ id: 'pi_3', payer: 'cus_B', amount: 5_000n, currency: 'eur' });
  const inEuro = { ...charge('pi_3', 'cus_B'), amountCaptured: 5_000n, currency: 'eur' };
  book(row({ id: 'txn_4', amount: 5_400n, fee: 237n, exchangeRate: '1.08', source: inEuro }), euro);
  done('EUR, converted to USD', 146_656n);

  const pounds = { currency: 'gbp', fee: 140n, amount: 8_000n } as const;
  const pound = payIn({ id: 'pi_4', payer: 'cus_A', amount: 8_000n, currency: 'gbp' });
  book(
    row({ id: 'txn_5', ...pounds, source: { ...charge('pi_4', 'cus_A'), currency: 'gbp' } }),
    pound,
  );
  done('GBP', 146_656n, 37_860n);

  const part = payIn({ id: 'pi_5', payer: 'cus_C', amount: 12_000n });
  const partly = charge('pi_5', 'cus_C');
  book(row({ id: 'txn_6', amount: 20_000n, fee: 378n, source: partly }), part);
  book(
    row({
      id: 'txn_7',
      type: 'refund',
      category: 'partial_capture_reversal',
      amount: -8_000n,
      source: refund('re_5', 'pi_5', 'cus_C', 8_000n),
    }),
    part,
  );
  done('authorised 200.00, captured 120.00', 158_278n);

  const debit = row({
    id: 'txn_8',
    type: 'payment',
    amount: 50_000n,
    fee: 400n,
    source: charge('pi_6', 'cus_D', 'pending'),
  });
  book(debit);
  const failing = charge('pi_7', 'cus_E', 'pending');
  book(row({ id: 'txn_9', type: 'payment', amount: 7_000n, fee: 56n, source: failing }));
  done('two debits begun', 214_822n);

  book(
    row({
      ...REFUND,
      id: 'txn_10',
      amount: -2_500n,
      source: refund('re_1', 'pi_1', 'cus_A', 2_500n),
    }),
    card,
  );
  const refundInEuro = { ...refund('re_3', 'pi_3', 'cus_B', 2_000n), currency: 'eur' };
  const back = { source: refundInEuro, exchangeRate: '1.1' };
  book(row({ ...REFUND, ...back, id: 'txn_11', amount: -2_200n }), euro);
  book(
    row({
      ...back,
      id: 'txn_12',
      type: 'refund_failure',
      category: 'refund_failure',
      amount: 2_190n,
    }),
    euro,
  );
  done('refunds, one of which fails', 212_312n);

  const first = aDispute({ id: 'du_2', chargeId: 'ch_2', paymentIntentId: 'pi_2', amount: 5_999n });
  const second = { ...first, id: 'du_4', chargeId: 'ch_4', paymentIntentId: 'pi_4' };
  const third = aDispute({
    ...{ id: 'du_3', chargeId: 'ch_3', paymentIntentId: 'pi_3' },
    ...{ amount: 5_000n, currency: 'eur' },
  });
  const ofFirst = [row({ ...DISPUTE, id: 'txn_13', amount: -5_999n, source: first })];
  const ofSecond = [
    row({
      ...DISPUTE,
      ...{ id: 'txn_14', amount: -8_000n, currency: 'gbp', fee: 2_000n },
      feeDetails: [aFee(2_000n, 'stripe_fee', 'gbp')],
      source: second,
    }),
    row({ ...WON, id: 'txn_15', amount: 8_000n, currency: 'gbp', source: second }),
  ];
  const ofThird = [
    row({ ...DISPUTE, id: 'txn_16', amount: -5_515n, source: third }),
    row({ ...WON, id: 'txn_17', amount: 12n, source: third }),
  ];
  for (const bt of ofFirst) book(bt, guest);
  for (const bt of ofSecond) book(bt, pound);
  for (const bt of ofThird) book(bt, euro);
  done('three disputes, the second won', 197_810n, 35_860n);

  const final = { isWon: false, wasLost: false };
  takeLegs(lostLegs({ ...final, dispute: first, rows: ofFirst, known: guest }, CHART));
  const won = { ...final, isWon: true };
  takeLegs(lostLegs({ ...won, dispute: second, rows: ofSecond, known: pound }, CHART));
  takeLegs(lostLegs({ ...final, dispute: third, rows: ofThird, known: euro }, CHART));
  done('the first and the third lost', 197_810n);

  const old = { ...charge('pi_legacy', 'cus_A'), id: 'ch_old', paymentIntentId: null };
  book(row({ id: 'txn_18', amount: 1_500n, fee: 74n, source: { ...old, amountCaptured: 1_500n } }));
  book(row({ id: 'txn_19', type: 'stripe_fee', category: 'fee', amount: -600n }));
  book(row({ id: 'txn_20', type: 'tax_fee', category: 'tax', amount: -120n }));
  book(row({ id: 'txn_21', type: 'stripe_fee', category: 'network_cost', amount: -235n }));
  done('a charge of the old API, Radar, tax, network costs', 198_281n);

  const acct = { destination: 'acct_X', id: 'tr_1', object: 'transfer', reversalId: null } as const;
  book(
    row({ id: 'txn_22', type: 'transfer', category: 'transfer', amount: -4_000n, source: acct }),
  );
  book(
    row({
      ...{ id: 'txn_23', type: 'transfer_refund', category: 'transfer_reversal' },
      amount: 1_000n,
      source: { ...acct, reversalId: 'trr_1' },
    }),
  );
  book(row({ id: 'txn_24', type: 'application_fee', category: 'platform_earning', amount: 300n }));
  book(
    row({
      ...{ id: 'txn_25', type: 'application_fee_refund', category: 'platform_earning_refund' },
      amount: -100n,
    }),
  );
  book(row({ id: 'txn_26', type: 'topup', category: 'topup', amount: 10_000n }));
  book(row({ ...RESERVE, id: 'txn_27', amount: -5_000n }));
  book(row({ ...RESERVE, id: 'txn_28', amount: 5_000n }));
  done('transfer, application fee, top-up, reserve', 205_481n);

  book(row({ id: 'txn_29', type: 'adjustment', category: 'other_adjustment', amount: 7n }));
  book(row({ id: 'txn_30', type: 'stripe_surprise', category: 'surprise', amount: -5n }));
  done('an adjustment and an unknown row', 205_483n);

  const late = payIn({ id: 'pi_F', payer: 'cus_F', amount: 9_000n });
  takeLegs(openingLegs(pending, late, CHART));
  const succeeded = payIn({ id: 'pi_6', payer: 'cus_D', amount: 50_000n });
  takeLegs(appliedLegs(debit, succeeded, CHART));
  book(
    row({
      ...{ id: 'txn_31', type: 'payment_failure_refund', category: 'charge_failure' },
      ...{ amount: -7_000n, fee: -56n },
      source: { ...failing, status: 'failed' },
    }),
  );
  book(row({ id: 'txn_32', type: 'stripe_fee', category: 'fee', amount: -400n }));
  done('the debits: two succeed, one fails', 198_139n);

  book(
    row({ ...PAYOUT, id: 'txn_33', amount: -150_000n, source: { object: 'payout', id: 'po_1' } }),
  );
  book(
    row({
      ...{ id: 'txn_34', type: 'payout_failure', category: 'payout_reversal', amount: 150_000n },
      source: { object: 'payout', id: 'po_1' },
    }),
  );
  book(row({ ...PAYOUT, id: 'txn_35', amount: -100_000n, fee: 1_000n }));
  done('a payout that fails, an instant one', 97_139n);

  book(row({ ...PAYOUT, id: 'txn_36', amount: -97_139n }));
  book(row({ ...PAYOUT, id: 'txn_37', amount: -35_860n, currency: 'gbp' }));
  book(row({ id: 'txn_38', type: 'reserve_hold', balanceType: 'risk_reserved', amount: 5_000n }));
  done('everything paid out', 0n, 0n);
  return steps;
}

const REFUND = { type: 'refund', category: 'refund' } as const;
const RESERVE = { type: 'reserved_funds', category: 'risk_reserved_funds' } as const;
const PAYOUT = { type: 'payout', category: 'payout' } as const;
const WON = { type: 'adjustment', category: 'dispute_reversal' } as const;
const DISPUTE = { type: 'adjustment', category: 'dispute', fee: 1_500n } as const;

function chargeOf(paymentIntentId: string): string {
  return paymentIntentId.replace('pi_', 'ch_');
}

function charge(paymentIntentId: string, customer: string | null, status = 'succeeded') {
  return aCharge({ id: chargeOf(paymentIntentId), paymentIntentId, customer, status });
}

function refund(id: string, paymentIntentId: string, customer: string | null, amount: bigint) {
  return aRefund({ id, paymentIntentId, chargeId: chargeOf(paymentIntentId), customer, amount });
}
