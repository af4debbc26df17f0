/**
 * Stories of Stripe's money, each with the rows that it lists and the times at which things happen: what a random
 * world is made of. Times are seconds after the cut-over, earlier ones negative.
 */
import fc from 'fast-check';
import type {
  BalanceTransaction,
  ChargeSource,
  DisputeSource,
} from '../../../src/domain/movements/balance-transaction';
import type { Known } from '../../../src/domain/movements/known';
import { aBalanceTransaction, aCharge, aDispute, aRefund, MOMENT } from './a-balance-transaction';

export const CUT_OVER = MOMENT;

export interface StoryRow {
  readonly bt: BalanceTransaction;
  /** Of the same charge or dispute, the first of which may lie before the cut-over. */
  readonly group: string;
  /** When its charge reached the state that a reader sees from then on; of a pending one. */
  readonly settles?: { readonly at: number; readonly as: 'succeeded' | 'failed' };
}

export interface Story {
  readonly rows: readonly StoryRow[];
  readonly payIn?: {
    readonly id: string;
    readonly chargeId: string;
    readonly amount: bigint;
    readonly currency: string;
    readonly payer: string;
    readonly succeededAt: number;
    /** Set aside until then. */
    readonly bookedFrom: number;
  };
  readonly disputes: readonly {
    readonly dispute: DisputeSource;
    readonly finalAt: number;
    readonly isWon: boolean;
  }[];
}

interface Plan {
  readonly shape:
    'card' | 'partial' | 'several' | 'debit' | 'retried' | 'failing' | 'lone' | 'other';
  readonly at: number;
  readonly takes: number;
  readonly isConverted: boolean;
  readonly amount: bigint;
  readonly fee: bigint;
  readonly isLate: boolean;
  readonly setAsideFor: number;
  readonly after: 'nothing' | 'refund' | 'failed refund' | 'lost' | 'won' | 'partly' | 'reversed';
  readonly afterAt: number;
}

const planOf: fc.Arbitrary<Plan> = fc.record({
  shape: fc.constantFrom(
    ...(['card', 'partial', 'several', 'debit', 'retried', 'failing', 'lone', 'other'] as const),
  ),
  at: fc.integer({ min: -30, max: 60 }).map((tens) => tens * 10),
  takes: fc.integer({ min: 0, max: 30 }).map((tens) => tens * 10),
  isConverted: fc.boolean(),
  amount: fc.bigInt({ min: 100n, max: 100_000n }),
  fee: fc.bigInt({ min: -50n, max: 90n }),
  isLate: fc.boolean(),
  setAsideFor: fc.constantFrom(0, 0, 0, 150),
  after: fc.constantFrom(
    ...(['nothing', 'refund', 'failed refund', 'lost', 'won', 'partly', 'reversed'] as const),
  ),
  afterAt: fc.integer({ min: 1, max: 30 }).map((tens) => tens * 10),
});

export const storiesOf: fc.Arbitrary<Story[]> = fc
  .array(planOf, { minLength: 1, maxLength: 6 })
  .map((plans) => plans.map(storyOf));

function storyOf(plan: Plan, number: number): Story {
  const { shape, at, takes, amount, fee, isConverted, after } = plan;
  const { isLate, setAsideFor } = plan;
  const rows: StoryRow[] = [];
  const row = (
    group: string,
    when: number,
    fields: Partial<BalanceTransaction>,
    settles?: StoryRow['settles'],
  ) => {
    const id = `txn_${number}_${rows.length}`;
    const bt = aBalanceTransaction({ id, created: CUT_OVER + when, ...fields });
    rows.push({ bt, group, ...(settles && { settles }) });
  };
  if (shape === 'other') {
    row('', at, { type: 'payout', category: 'payout', amount: -amount, fee });
    return { rows, disputes: [] };
  }
  const payer = `cus_${number}`;
  const currency = isConverted ? 'eur' : 'usd';
  /** As Stripe converts, each time at another rate. */
  const settled = (sum: bigint) => (isConverted ? (sum * BigInt(107 + rows.length)) / 100n : sum);
  const paymentIntentId = shape === 'lone' ? null : `pi_${number}`;
  const chargeOf = (name: string, status = 'succeeded'): ChargeSource =>
    aCharge({
      id: name,
      paymentIntentId,
      customer: payer,
      status,
      amountCaptured: amount,
      currency,
    });
  const own = `ch_${number}`;
  const refund = { chargeId: own, paymentIntentId, customer: payer, currency };
  const isDebit = shape === 'debit' || shape === 'lone' || shape === 'failing';
  const endsAt = isDebit || shape === 'retried' || shape === 'several' ? at + takes : at;
  const failed = { type: 'payment_failure_refund', category: 'charge_failure' } as const;
  if (isDebit) {
    const as = shape === 'failing' ? 'failed' : 'succeeded';
    const source = chargeOf(own, 'pending');
    const settles = { at: endsAt, as } as const;
    row(own, at, { type: 'payment', amount: settled(amount), fee, source }, settles);
    if (shape === 'failing') {
      const back = -rows[0]!.bt.amount!;
      row(own, endsAt, { ...failed, amount: back, source: chargeOf(own, 'failed') });
      return { rows, disputes: [] };
    }
  } else if (shape === 'several') {
    row(own, at, { amount: settled(amount / 3n), fee, source: chargeOf(own) });
    row(own, endsAt, { amount: settled(amount - amount / 3n), source: chargeOf(own) });
  } else {
    if (shape === 'retried') {
      const first = `ch_first_${number}`;
      const ends = { at: endsAt, as: 'failed' } as const;
      row(
        first,
        at,
        { type: 'payment', amount: settled(amount), source: chargeOf(first, 'pending') },
        ends,
      );
      const back = -rows[0]!.bt.amount!;
      row(first, endsAt, { ...failed, amount: back, source: chargeOf(first, 'failed') });
    }
    const uncaptured = shape === 'partial' ? 50n : 0n;
    // A row may come seconds after the success that it belongs to.
    const when = isLate ? endsAt + 5 : endsAt;
    row(own, when, { amount: settled(amount + uncaptured), fee, source: chargeOf(own) });
    if (uncaptured > 0n) {
      const source = aRefund({ ...refund, id: `re_part_${number}`, amount: uncaptured });
      const category = 'partial_capture_reversal';
      row(own, when, { type: 'refund', category, amount: settled(-uncaptured), source });
    }
  }
  const disputes = afterwards();
  if (paymentIntentId === null) return { rows, disputes };
  const bookedFrom = endsAt + setAsideFor;
  return {
    rows,
    disputes,
    payIn: {
      ...{ id: paymentIntentId, chargeId: own, amount, currency, payer },
      ...{ succeededAt: CUT_OVER + endsAt, bookedFrom: CUT_OVER + bookedFrom },
    },
  };

  function afterwards(): Story['disputes'] {
    const when = endsAt + plan.afterAt;
    const source = aRefund({ ...refund, id: `re_${number}`, amount: amount / 2n });
    const dispute = aDispute({ ...refund, id: `du_${number}`, amount });
    const category = 'dispute_reversal';
    switch (after) {
      case 'nothing':
        return [];
      case 'refund':
        row(source.id, when, {
          type: 'refund',
          category: 'refund',
          amount: -settled(amount / 2n),
          source,
        });
        return [];
      case 'failed refund':
        row(source.id, when, {
          type: 'refund',
          category: 'refund',
          amount: -settled(amount / 2n),
          source,
        });
        row(source.id, when + 50, {
          type: 'payment_refund',
          category: 'refund',
          amount: settled(amount / 2n),
          source,
        });
        return [];
      case 'reversed':
        row(own, when, {
          type: 'payment_reversal',
          category: 'new',
          amount: -settled(amount),
          source: chargeOf(own),
        });
        return [];
      case 'lost':
      case 'won':
      case 'partly': {
        const taken = settled(amount);
        row(dispute.id, when, {
          type: 'adjustment',
          category: 'dispute',
          amount: -taken,
          fee: 1_500n,
          source: dispute,
        });
        const back = after === 'won' ? taken : 12n;
        if (after !== 'lost') {
          row(dispute.id, when + 50, {
            type: 'adjustment',
            category,
            amount: back,
            source: dispute,
          });
        }
        const finalAt = CUT_OVER + when + (after === 'partly' ? 20 : 60);
        return [{ dispute, finalAt, isWon: after === 'won' }];
      }
    }
  }
}

/** As Stripe shows it then. */
export function shownAt({ bt, settles }: StoryRow, now: number): BalanceTransaction {
  if (settles === undefined || bt.source.object !== 'charge') return bt;
  const isSettled = now >= CUT_OVER + settles.at;
  return { ...bt, source: { ...bt.source, status: isSettled ? settles.as : 'pending' } };
}

/** What a sync knows of the payment then. */
export function knownAt(story: Story, row: StoryRow, now: number): Known {
  const first = story.rows.find(({ group }) => group === row.group)!;
  return { payIn: payInAt(story, now), begunBefore: first.bt.created! < CUT_OVER };
}

export function payInAt({ payIn }: Story, now: number): Known['payIn'] {
  if (payIn === undefined || now < payIn.succeededAt) return { state: 'open', payer: undefined };
  const { id, chargeId, payer, amount, currency, succeededAt, bookedFrom } = payIn;
  if (succeededAt < CUT_OVER) return { state: 'earlier', chargeId, payer, isInLedger: false };
  if (now < bookedFrom) return { state: 'open', payer };
  const at = { createdAt: null, datedAt: succeededAt };
  return { state: 'booked', id, chargeId, payer, amount, currency, ...at };
}
