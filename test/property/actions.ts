/** What can happen around an instance, and in which order: everything that a sync has to bear. */
import fc from 'fast-check';
import type { FaultRule } from '../../sandbox/faults';
import type { PayOptions } from '../../sandbox/stripe/objects/intent';
import type { Interruption } from '../support/worlds/driven-run';
import type { Badness } from './bad-pay-ins';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** Lists show a change up to 5 minutes late; a following run has it for certain within 11. */
export const LONGEST_LAG = 5 * MINUTE;
/** Servers of one service differ; what is further back than the overlap is no time any more. */
export const LONGEST_STEP_BACK = 10 * MINUTE;

export type WorldAction =
  /** So many payments of one second, as each other in all but their amounts. */
  | {
      readonly do: 'pay';
      readonly count: number;
      readonly as: PayerName;
      readonly lag: number;
      /** What the ledger does with each of them, for good. */
      readonly bad: Badness | null;
    }
  /** Begun so long ago, as far as anybody knew nothing of it: it has not succeeded yet. */
  | { readonly do: 'begin'; readonly as: OpenName; readonly ago: number; readonly lag: number }
  | {
      readonly do: 'succeed';
      readonly which: number;
      readonly part: 'all' | 'less' | 'more';
      readonly lag: number;
    }
  | { readonly do: 'cancel'; readonly which: number }
  | { readonly do: 'clock'; readonly by: number }
  | { readonly do: 'fault'; readonly side: Side; readonly rule: FaultRule }
  | { readonly do: 'repair' };

export interface PlannedInterruption {
  readonly after: number;
  readonly how: Interruption['how'];
  /** For `meanwhile`. */
  readonly action?: WorldAction;
}

export type Action =
  | WorldAction
  | {
      readonly do: 'sync';
      /** Whose; where there is one deployment only, it is that one's. */
      readonly by: 'one' | 'other';
      readonly scope: 'full' | 'range' | 'payment';
      readonly interruptions: readonly PlannedInterruption[];
    }
  | { readonly do: 'resume' }
  /** The ledger loses what it acknowledged last, as in a failover to a replica that lags behind. */
  | { readonly do: 'forget'; readonly newest: number };

export type Side = 'stripe' | 'blnk';

/** Payments as they come; the last ones cannot be posted. */
export const PAYERS = {
  customer: { customer: 'cus_One', currency: 'usd' },
  another: { customer: 'cus_Two', currency: 'eur' },
  guest: { customer: null, currency: 'jpy' },
  account: { customer: null, customerAccount: 'acct_1Payer', currency: 'kwd' },
  krona: { customer: 'cus_One', currency: 'isk' },
  unknownCurrency: { customer: 'cus_One', currency: 'xts' },
  nothingReceived: { customer: 'cus_One', currency: 'usd', amountReceived: 0 },
} as const satisfies Record<string, PayOptions>;
type PayerName = keyof typeof PAYERS;

export const OPEN = {
  debit: { status: 'processing', paymentMethodType: 'sepa_debit' },
  manual: { status: 'requires_capture', captureMethod: 'manual' },
  invoice: { status: 'requires_payment_method', customer: null },
} as const;
type OpenName = keyof typeof OPEN;

/** How often the rarer things happen in a story, out of about ten; 0: never. */
const SELDOM = { bad: 0, forget: 0 };

const bad = fc.oneof(
  { weight: 10, arbitrary: fc.constant(null) },
  { weight: SELDOM.bad, arbitrary: fc.constantFrom<Badness>('refused', 'failing') },
);

const lag = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0) },
  { weight: 2, arbitrary: fc.constantFrom(1, 8, 61, LONGEST_LAG) },
);
const which = fc.nat(20);

const pay = fc.record({
  do: fc.constant('pay' as const),
  // Hundreds of one second, now and then: more than a page, cut by whatever edge is there.
  count: fc.oneof(
    { weight: 12, arbitrary: fc.integer({ min: 1, max: 4 }) },
    { weight: 1, arbitrary: fc.constantFrom(99, 100, 101, 210) },
  ),
  as: fc.constantFrom(...(Object.keys(PAYERS) as PayerName[])),
  lag,
  bad,
});

const begin = fc.record({
  do: fc.constant('begin' as const),
  as: fc.constantFrom(...(Object.keys(OPEN) as OpenName[])),
  ago: fc.constantFrom(0, MINUTE, HOUR, 9 * DAY, 40 * DAY),
  lag,
});

const succeed = fc.record({
  do: fc.constant('succeed' as const),
  which,
  part: fc.constantFrom('all', 'less', 'more'),
  lag,
});

const clock = fc.record({
  do: fc.constant('clock' as const),
  by: fc.oneof(
    {
      weight: 4,
      arbitrary: fc.constantFrom(1, 30, 61, 3 * MINUTE, 5 * MINUTE, 10 * MINUTE, 11 * MINUTE, HOUR),
    },
    { weight: 1, arbitrary: fc.constantFrom(DAY, 9 * DAY, 24 * DAY, 26 * DAY, 31 * DAY) },
    { weight: 1, arbitrary: fc.integer({ min: -LONGEST_STEP_BACK, max: -1 }) },
  ),
});

const status = (code: number, json: unknown = { error: { type: 'api_error' } }) =>
  ({ kind: 'status', status: code, json }) as const;
const deadCursor = { type: 'invalid_request_error', param: 'starting_after' };

const anywhere: FaultRule['fault'][] = [
  status(500),
  status(429),
  status(401),
  status(403),
  status(400, { error: { type: 'invalid_request_error' } }),
  { kind: 'html', status: 502 },
  { kind: 'empty' },
  { kind: 'truncated' },
  { kind: 'reset' },
  { kind: 'hang', ms: 20 },
];
const ofStripe = [...anywhere, status(400, { error: deadCursor })];
const ofBlnk: FaultRule['fault'][] = [
  ...anywhere,
  status(423),
  status(409, { error_detail: { code: 'TXN_DUPLICATE_REFERENCE' } }),
  status(201, { transaction_id: 'txn_lost', status: 'QUEUED' }),
  // A replica that lags behind: nothing is there.
  status(200, []),
  status(200, { data: [], total: 0 }),
];

const faultOf = (side: Side, faults: FaultRule['fault'][], paths: string[]) =>
  fc.record({
    do: fc.constant('fault' as const),
    side: fc.constant(side),
    rule: fc.record({
      path: fc.constantFrom('/', ...paths),
      times: fc.constantFrom(1, 2, 3, 9, 40),
      skip: fc.nat(3),
      when: fc.constantFrom('before' as const, 'after' as const),
      fault: fc.constantFrom(...faults),
    }),
  });

const fault = fc.oneof(
  faultOf('stripe', ofStripe, ['/v1/events', '/v1/payment_intents', '/v1/account']),
  faultOf('blnk', ofBlnk, ['/transactions', '/proxy/transactions', '/data/transactions']),
);

const worldAction: fc.Arbitrary<WorldAction> = fc.oneof(
  { weight: 5, arbitrary: pay },
  { weight: 2, arbitrary: begin },
  { weight: 3, arbitrary: succeed },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel' as const), which }) },
  { weight: 3, arbitrary: clock },
  { weight: 3, arbitrary: fault },
  { weight: 1, arbitrary: fc.constant({ do: 'repair' } as const) },
);

/** An idle sync has some 80 steps. */
const after = fc.integer({ min: 1, max: 70 });

const interruption: fc.Arbitrary<PlannedInterruption> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({
      after,
      how: fc.oneof(
        { weight: 2, arbitrary: fc.constantFrom('restart', 'lose', 'freeze', 'kill', 'stall') },
        { weight: 1, arbitrary: fc.constantFrom('hold', 'cancel', 'continue') },
      ),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ after, how: fc.constant('meanwhile' as const), action: worldAction }),
  },
);

const sync = fc.record({
  do: fc.constant('sync' as const),
  by: fc.constantFrom('one' as const, 'other' as const),
  scope: fc.oneof(
    { weight: 8, arbitrary: fc.constant('full' as const) },
    { weight: 1, arbitrary: fc.constantFrom('range' as const, 'payment' as const) },
  ),
  interruptions: fc.array(interruption, { maxLength: 2 }),
});

const forget = fc.oneof(
  { weight: 10, arbitrary: fc.constant(null) },
  {
    weight: SELDOM.forget,
    arbitrary: fc.record({ do: fc.constant('forget' as const), newest: fc.constantFrom(1, 3, 40) }),
  },
);

/** Something happens, then somebody syncs; now and then a sync that was stopped goes on. */
const round: fc.Arbitrary<Action[]> = fc
  .tuple(
    fc.array(worldAction, { maxLength: 4, size: 'max' }),
    sync,
    fc.option(fc.constant({ do: 'resume' } as const), { freq: 3 }),
    forget,
  )
  .map(([before, one, ...after]) => [...before, one, ...after.filter((action) => !!action)]);

export interface Story {
  readonly kind: 'core' | 'cloud';
  /** How many programs, each with a database of its own, carry the same account into the same ledger. */
  readonly deployments: number;
  /** Unix seconds: years away from the clock of the worker, on either side. */
  readonly startAt: number;
  /** SYNC_SINCE in days after the beginning; null: the whole history. */
  readonly since: number | null;
  /** What was there before anybody synced: days ago. Now and then more than fits two pages: it is cut. */
  readonly history: readonly number[];
  readonly actions: readonly Action[];
}

export const story: fc.Arbitrary<Story> = fc.record({
  kind: fc.constantFrom('core', 'cloud'),
  deployments: fc.constantFrom(1, 1, 2),
  since: fc.constantFrom(null, null, null, -30, -5, 0, 3),
  startAt: fc.constantFrom(...[2015, 2026, 2038, 2060].map((year) => Date.UTC(year, 2, 1) / 1000)),
  history: fc.oneof(
    { weight: 9, arbitrary: fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 4 }) },
    { weight: 1, arbitrary: fc.constant(Array.from({ length: 330 }, (_, days) => days)) },
  ),
  actions: fc.array(round, { minLength: 1, maxLength: 6, size: 'max' }).map((list) => list.flat()),
});
