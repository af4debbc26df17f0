/** Whatever Stripe answers to a list, every pay-in in it gets a posting or a reason, or the sync a code. */
import fc from 'fast-check';
import { isErrorCode, SyncError } from '../../src/domain/errors';
import { judge, legsOf } from '../../src/domain/movements/chart';
import { KINDS } from '../../src/domain/kinds/table';
import { NOTHING_KNOWN } from '../../src/domain/movements/known';
import { NO_BUDGET } from '../../src/domain/read-budget';
import { isReasonCode } from '../../src/domain/reasons';
import { Secret } from '../../src/secret';
import type { PayInFeed } from '../../src/domain/feeds';
import { createStripeReader, type StripeReader } from '../../src/stripe/client';
import { runs } from '../support/property-runs';
import { startScriptedServer, type ScriptedServer } from '../support/proxies/scripted-server';
import { answerLike, asStep, orElse } from './answers';

const intent = fc.record({
  id: orElse(fc.constantFrom('pi_1', 'pi_2', 'pi_3')),
  status: orElse(fc.constantFrom('succeeded', 'succeeded', 'processing')),
  amount_received: orElse(fc.oneof(fc.constant(2000), fc.double(), fc.maxSafeInteger())),
  currency: orElse(fc.constantFrom('usd', 'JPY', 'kwd', 'xts')),
  customer: orElse(fc.constantFrom('cus_1', null)),
  created: orElse(fc.constant(1_770_000_000)),
  livemode: orElse(fc.constant(false)),
});
const list = <Row>(row: fc.Arbitrary<Row>) =>
  fc.record({
    object: orElse(fc.constant('list')),
    data: orElse(fc.array(row, { maxLength: 4 })),
    has_more: orElse(fc.boolean()),
  });
const events = list(
  fc.record({
    id: orElse(fc.constantFrom('evt_1', 'evt_2')),
    type: orElse(fc.constant('payment_intent.succeeded')),
    created: orElse(fc.constant(1_770_000_009)),
    data: orElse(fc.record({ object: intent })),
  }),
);
const charges = list(
  fc.record({
    id: orElse(fc.constantFrom('ch_1', 'ch_2')),
    status: orElse(fc.constant('succeeded')),
    created: orElse(fc.constant(1_770_000_005)),
    payment_intent: orElse(fc.oneof(intent, fc.constantFrom('pi_1', null))),
  }),
);
const money = fc.oneof(fc.constantFrom(10_000, -320, 0, 2 ** 60, 0.5), fc.maxSafeInteger());
const source = fc.record({
  id: orElse(fc.constantFrom('ch_1', 're_1', 'du_1', 'trr_1', 'tu_1')),
  object: orElse(fc.constantFrom('charge', 'refund', 'dispute', 'transfer_reversal', 'topup')),
  ...{ amount: orElse(money), amount_captured: orElse(money) },
  currency: orElse(fc.constantFrom('usd', 'eur')),
  customer: orElse(fc.constantFrom('cus_1', null)),
  charge: orElse(fc.constantFrom('ch_1', null)),
  payment_intent: orElse(fc.constantFrom('pi_1', null)),
  status: orElse(fc.constantFrom('succeeded', 'pending')),
  transfer: orElse(fc.constantFrom('tr_1', { id: 'tr_1', destination: 'acct_1' })),
});
const fee = { amount: orElse(money), currency: orElse(fc.constant('usd')) };
const transactions = list(
  fc.record({
    id: orElse(fc.constantFrom('txn_1', 'txn_2', 'txn_3')),
    object: orElse(fc.constant('balance_transaction')),
    ...{ amount: orElse(money), fee: orElse(money), net: orElse(money) },
    currency: orElse(fc.constantFrom('usd', 'jpy', 'xts')),
    created: orElse(fc.constant(1_770_000_000)),
    available_on: orElse(fc.constant(1_770_200_000)),
    balance_type: orElse(fc.constantFrom('payments', 'issuing', undefined)),
    type: orElse(fc.constantFrom('charge', 'refund', 'adjustment', 'stripe_fee', 'moon')),
    reporting_category: orElse(fc.constantFrom('charge', 'refund', 'dispute', 'moon')),
    exchange_rate: orElse(fc.constantFrom(null, 1.08)),
    fee_details: orElse(
      fc.array(fc.record({ ...fee, type: orElse(fc.constantFrom('stripe_fee', 'tax', 'moon')) })),
    ),
    source: orElse(fc.oneof(source, fc.constantFrom('ch_1', 'po_1', null))),
  }),
);
const amounts = orElse(fc.array(fc.record(fee), { maxLength: 3 }));
const balance = fc.record({
  object: orElse(fc.constant('balance')),
  ...{ available: amounts, pending: amounts, connect_reserved: amounts },
  issuing: orElse(fc.record({ available: amounts })),
});
const refusal = fc.record({
  error: orElse(
    fc.record({
      type: orElse(fc.constant('invalid_request_error')),
      param: orElse(fc.constant('starting_after')),
    }),
  ),
});
const statuses = [200, 200, 200, 400, 401, 403, 404, 409, 429, 500];

let server: ScriptedServer;
let stripe: StripeReader;
const never = new AbortController().signal;

beforeAll(async () => {
  server = await startScriptedServer();
  const key = new Secret('sk_test_x');
  const config = { secretKey: key, apiBase: server.url, livemode: false };
  stripe = createStripeReader(config, NO_BUDGET, { timeoutMs: 5_000, confirmAfterMs: 0 });
});
afterAll(() => server.close());

const asking = (feed: PayInFeed) => () =>
  stripe.readPage({ feed, from: 0, to: null, withCharge: false }, null, never);

test.each([
  ['PaymentIntents', list(intent), asking('payment_intents')],
  ['charges', charges, asking('charges')],
  ['events', events, asking('events')],
] as const)(
  'any answer to a list of %s',
  async (_what, json, ask) => {
    await fc.assert(
      fc.asyncProperty(
        answerLike(statuses, fc.oneof<fc.Arbitrary<unknown>[]>(json, json, refusal)),
        async (answer) => {
          server.play(asStep(answer));
          try {
            const page = await ask();
            expect(answer.status).toBe(200);
            for (const payIn of page.payIns) {
              const verdict = KINDS.pay_in.judge(payIn, {
                ...{ syncId: 'sync_1', livemode: false, since: null, eventsReachSince: false },
                balances: { source: '@stripe', guest: '@stripe-guest' },
              });
              if (verdict.kind === 'set_aside') expect(isReasonCode(verdict.reason)).toBe(true);
              else expect(verdict.kind).toBe('post');
            }
          } catch (error) {
            if (!(error instanceof SyncError)) throw error;
            expect(isErrorCode(error.code) && error.code).toMatch(/^STRIPE_/);
          }
        },
      ),
      runs(1_000),
    );
  },
  600_000,
);

/** What an answer comes to: what was read of it, or nothing but a code of ours. */
async function readOf<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    expect(isErrorCode(error.code) && error.code).toMatch(/^STRIPE_/);
    return undefined;
  }
}

test('any answer to a list of balance transactions: no row is lost, and each leg has a verdict', async () => {
  const chart = { balances: { source: '@stripe', guest: '@stripe-guest' }, cutOver: null };
  await fc.assert(
    fc.asyncProperty(
      answerLike(statuses, fc.oneof<fc.Arbitrary<unknown>[]>(transactions, transactions, refusal)),
      async (answer) => {
        server.play(asStep(answer));
        const page = await readOf(stripe.listTransactions({ from: 0, to: null }, null, never));
        if (page === undefined) return;
        const { data } = JSON.parse(answer.body) as { data: unknown[] };
        expect(page.rows).toHaveLength(data.length);
        for (const row of page.rows) {
          const legs = legsOf(row, NOTHING_KNOWN, chart);
          expect(row.fault === null || row.amount === 0n || legs.length > 0).toBe(true);
          for (const leg of legs) {
            const verdict = judge(leg, { syncId: 'sync_1', livemode: false });
            if (verdict.kind === 'set_aside') expect(isReasonCode(verdict.reason)).toBe(true);
          }
        }
      },
    ),
    runs(1_000),
  );
}, 600_000);

test('any answer to a read of the balance: each part of it is read, or none', async () => {
  await fc.assert(
    fc.asyncProperty(answerLike(statuses, balance), async (answer) => {
      server.play(asStep(answer));
      const reading = await readOf(stripe.readBalance(never));
      if (reading === undefined) return;
      const told = JSON.parse(answer.body) as Record<string, { amount: number }[]>;
      const sum = [...told['available']!, ...told['pending']!].reduce(
        // As the text has it, above 2^53 as well.
        (all, { amount }) => all + BigInt(String(amount)),
        0n,
      );
      const own = reading.parts.filter(({ type }) => type === 'payments');
      expect(own.reduce((all, one) => all + one.available + one.pending, 0n)).toBe(sum);
    }),
    runs(1_000),
  );
}, 600_000);
