/** Whatever Stripe answers to a list, every pay-in in it gets a posting or a reason, or the sync a code. */
import fc from 'fast-check';
import { isErrorCode, SyncError } from '../../src/domain/errors';
import { KINDS } from '../../src/domain/kinds/table';
import { NO_BUDGET } from '../../src/domain/read-budget';
import { isReasonCode } from '../../src/domain/reasons';
import { Secret } from '../../src/secret';
import type { StripeFeed } from '../../src/domain/feeds';
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

const asking = (feed: StripeFeed) => () =>
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
