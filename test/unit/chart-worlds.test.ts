/**
 * Random worlds: stories across a cut-over, read by runs at any times, in any order, again and again, after the loss of
 * all that was known. After every run the ledger has what Stripe has.
 */
import fc from 'fast-check';
import { judge, legsOf } from '../../src/domain/movements/chart';
import { appliedLegs, openingLegs } from '../../src/domain/movements/follow-ups';
import { lostLegs } from '../../src/domain/kinds/dispute';
import { openingBalanceLegs } from '../../src/domain/kinds/opening-balance';
import { KINDS } from '../../src/domain/kinds/table';
import type { Known } from '../../src/domain/movements/known';
import type { Leg } from '../../src/domain/movements/leg';
import { tinyLedger, type TinyLedger } from '../support/books/tiny-ledger';
import { runs } from '../support/property-runs';
import {
  CUT_OVER,
  knownAt,
  payInAt,
  shownAt,
  storiesOf,
  type Story,
  type StoryRow,
} from '../support/worlds/stripe-story';

const CHART = {
  balances: { source: '@stripe', guest: '@stripe-guest' },
  cutOver: CUT_OVER,
};
const CONTEXT = {
  ...{ balances: CHART.balances, since: CUT_OVER, eventsReachSince: true },
  ...{ syncId: 'sync_1', livemode: false },
};
const END = CUT_OVER + 2_000;

const held = (stories: readonly Story[], until: number, since = -Infinity): bigint =>
  stories
    .flatMap(({ rows }) => rows)
    .filter(({ bt }) => bt.created! <= until && bt.created! >= since)
    .reduce((sum, { bt }) => sum + bt.net!, 0n);

interface Reading {
  readonly at: number;
  /** Shuffles the rows. */
  readonly order: readonly number[];
}

function run(ledger: TinyLedger, stories: readonly Story[], { at: now, order }: Reading): void {
  const take = (legs: readonly Leg[]) => {
    for (const leg of legs) {
      const verdict = judge(leg, CONTEXT);
      if (verdict.kind !== 'post') throw new Error(JSON.stringify(verdict));
      ledger.post(verdict.posting);
    }
  };
  for (const story of stories) bookPayIn(ledger, story, now);
  const rows = stories
    .flatMap((story) => story.rows.map((row) => ({ story, row })))
    .filter(({ row }) => row.bt.created! <= now)
    .map((one, index) => ({ ...one, place: order[index % order.length]! * (index + 1) }))
    .sort((a, b) => a.place - b.place);
  for (const { story, row } of rows) {
    const known = withLone(ledger, row, knownAt(story, row, now));
    const bt = shownAt(row, now);
    take(legsOf(bt, known, CHART));
    take(openingLegs(bt, known, CHART));
    const isUnapplied = ledger.find(bt.id)?.destination === '@stripe-unapplied';
    const wasUnapplied = ledger.find(bt.id)?.source === '@stripe-unapplied';
    if (isUnapplied || wasUnapplied) take(appliedLegs(bt, known, CHART));
  }
  for (const story of stories) {
    for (const { dispute, isWon } of story.disputes.filter(({ finalAt }) => finalAt <= now)) {
      const own = story.rows.filter(({ bt }) => bt.source === dispute && bt.created! <= now);
      const known = { payIn: payInAt(story, now), begunBefore: own[0]!.bt.created! < CUT_OVER };
      const wasLost = own.some(({ bt }) => ledger.find(`${bt.id}.lost`) !== undefined);
      take(lostLegs({ dispute, rows: own.map(({ bt }) => bt), known, isWon, wasLost }, CHART));
    }
  }
}

function bookPayIn(ledger: TinyLedger, story: Story, now: number): void {
  const payIn = payInAt(story, now);
  if (payIn.state !== 'booked') return;
  const { id, amount, currency, payer, datedAt } = payIn;
  const facts = { id, amount, currency, payer, created: datedAt, succeededAt: datedAt };
  const verdict = KINDS.pay_in.judge(
    { ...facts, chargedAt: null, livemode: false, fault: null },
    CONTEXT,
  );
  if (verdict.kind === 'post') ledger.post(verdict.posting);
}

/** A charge without a PaymentIntent is its own pay-in, once the ledger has it. */
function withLone(ledger: TinyLedger, { bt: { source } }: StoryRow, known: Known): Known {
  if (source.object !== 'charge' || source.paymentIntentId !== null) return known;
  const { id, customer, currency, amountCaptured } = source;
  if (ledger.find(id) === undefined) return known;
  const facts = { id, chargeId: id, payer: customer, amount: amountCaptured!, currency: currency! };
  return { ...known, payIn: { state: 'booked', ...facts, createdAt: null, datedAt: CUT_OVER } };
}

const readingsOf: fc.Arbitrary<Reading[]> = fc
  .array(
    fc.record({
      at: fc.integer({ min: 0, max: 120 }).map((tens) => CUT_OVER + tens * 10 + 9),
      order: fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 1, maxLength: 5 }),
    }),
    { minLength: 1, maxLength: 5 },
  )
  .map((readings) => [...readings].sort((a, b) => a.at - b.at));

test('after every run the ledger has what Stripe has, and nothing that is not open stays unapplied', () => {
  fc.assert(
    fc.property(storiesOf, readingsOf, (stories, readings) => {
      const ledger = tinyLedger();
      const opening = { stripeAccount: 'acct_1', currency: 'USD', cutOver: CUT_OVER };
      const legs = openingBalanceLegs(
        { ...opening, amount: held(stories, CUT_OVER - 1) },
        CHART.balances,
      );
      for (const leg of legs) {
        const verdict = judge(leg, CONTEXT);
        if (verdict.kind === 'post') ledger.post(verdict.posting);
      }
      for (const reading of [...readings, { at: END, order: [1] }]) {
        run(ledger, stories, reading);
        const now = reading.at;
        expect(-ledger.balanceOf('@stripe', 'USD')).toBe(held(stories, now));
        expect(ledger.balanceOf('@stripe', 'EUR')).toBe(0n);
      }
      const once = ledger.references().length;
      run(ledger, stories, { at: END, order: [-3, 2] });
      expect(ledger.references()).toHaveLength(once);
      for (const name of ['@stripe-unapplied', '@stripe-disputes']) {
        expect({ name, balance: ledger.balanceOf(name, 'USD') }).toEqual({ name, balance: 0n });
      }
      expect(ledger.balanceOf('@stripe-suspense', 'USD')).toBe(0n);
    }),
    runs(1_000),
  );
});
