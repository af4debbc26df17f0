/** Random stories of Stripe's money: which of what can happen happens, and in which order. */
import fc from 'fast-check';
import type { FaultRule } from '../../sandbox/faults';
import { fault as planted } from './money-faults';
import type { Action, MoneyAction, PlannedInterruption, Story, Timing } from './money-story';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** Seconds after its creation until lists show a row: later than the latest rows are read back, a proof finds it. */
const LATE = [1, 8, 61, 5 * MINUTE, 10 * MINUTE, 25 * MINUTE, HOUR] as const;

const CURRENCIES = ['usd', 'usd', 'usd', 'eur', 'eur', 'gbp', 'jpy', 'kwd'] as const;
const currency = fc.constantFrom(...CURRENCIES);
const amount = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 100, max: 90_000 }) },
  { weight: 1, arbitrary: fc.constantFrom(1, 2, 30) },
);
const signed = fc.integer({ min: -20_000, max: 20_000 }).filter((one) => one !== 0);
const which = fc.nat(30);
const parts = fc.constantFrom(1, 1, 2, 3);
const rate = fc.constantFrom('1.08', '1.0951', '0.0067', '127.5');

const detail = fc.record({
  type: fc.constantFrom('stripe_fee', 'tax', 'application_fee', 'withheld_tax', 'moon_fee'),
  amount: fc.integer({ min: -40, max: 400 }),
});

const timing: fc.Arbitrary<Timing> = fc
  .record({
    afterSeconds: fc.oneof(
      { weight: 4, arbitrary: fc.constant(0) },
      { weight: 1, arbitrary: fc.constantFrom(1, 61, 20 * MINUTE, 2 * HOUR, 2 * DAY) },
    ),
    lagSeconds: fc.oneof(
      { weight: 4, arbitrary: fc.constant(0) },
      { weight: 1, arbitrary: fc.constantFrom(...LATE) },
    ),
    fees: fc.oneof(
      { weight: 4, arbitrary: fc.constant(null) },
      { weight: 1, arbitrary: fc.array(detail, { maxLength: 3 }) },
    ),
    tooMuch: fc.constantFrom(0, 0, 0, 7, -7),
  })
  .map(({ fees, tooMuch, ...told }) => {
    if (fees === null) return told;
    const fee = fees.reduce<number>((sum, part) => sum + part.amount, tooMuch);
    return { ...told, fee, feeDetails: fees };
  });

const one = <Name extends MoneyAction['do'], Rest extends object>(
  name: Name,
  rest: { [Key in keyof Rest]: fc.Arbitrary<Rest[Key]> },
) => fc.record({ do: fc.constant(name), ...rest }) as fc.Arbitrary<{ do: Name } & Rest>;

export const RIGHTS = [
  ...['rak_balance_read', 'rak_balance_transaction_source_read', 'rak_charge_read'],
  ...['rak_dispute_read', 'rak_payout_read', 'rak_top_up_read', 'rak_transfer_read'],
  'rak_application_fee_read',
];

const status = (code: number) =>
  ({ kind: 'status', status: code, json: { error: { type: 'api_error' } } }) as const;
const FAULTS: FaultRule['fault'][] = [
  ...[status(500), status(429), { kind: 'truncated' } as const, { kind: 'reset' } as const],
  { kind: 'empty' },
];

const fault = fc
  .record({
    side: fc.constantFrom('stripe' as const, 'blnk' as const),
    times: fc.constantFrom(1, 2, 3, 9),
    skip: fc.nat(3),
    when: fc.constantFrom('before' as const, 'after' as const),
    fault: fc.constantFrom(...FAULTS),
    path: fc.nat(2),
  })
  .map(({ side, path, ...rule }) => {
    const paths = {
      stripe: ['/v1/balance_transactions', '/v1/balance', '/v1/disputes'],
      blnk: ['/transactions', '/balances', '/'],
    };
    return { do: 'fault' as const, side, rule: { ...rule, path: paths[side][path]! } };
  });

const pay = one('pay', {
  as: fc.constantFrom('customer' as const, 'customer' as const, 'guest' as const),
  amount,
  currency,
  timing,
  row: fc.oneof(
    { weight: 12, arbitrary: fc.constant('comes' as const) },
    { weight: 1, arbitrary: fc.constantFrom('never' as const, 'unlisted' as const) },
  ),
  left: fc.oneof(
    { weight: 5, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 99 }) },
  ),
  isBad: fc.oneof(
    { weight: 9, arbitrary: fc.constant(false) },
    { weight: 1, arbitrary: fc.constant(true) },
  ),
  isUntold: fc.oneof(
    { weight: 3, arbitrary: fc.constant(false) },
    { weight: 1, arbitrary: fc.constant(true) },
  ),
});

const clock = one('clock', {
  by: fc.constantFrom(1, 30, 61, 5 * MINUTE, 11 * MINUTE, HOUR, 9 * HOUR, 2 * DAY, 9 * DAY),
});

const moneyAction: fc.Arbitrary<MoneyAction> = fc.oneof(
  { weight: 6, arbitrary: pay },
  { weight: 3, arbitrary: one('debit', { amount, currency, timing }) },
  {
    weight: 3,
    arbitrary: one('end debit', {
      which,
      how: fc.constantFrom('succeeds' as const, 'fails' as const, 'fails, at a cost' as const),
      timing,
    }),
  },
  { weight: 1, arbitrary: one('authorise', { amount, currency }) },
  { weight: 2, arbitrary: one('capture', { which, isFinal: fc.boolean(), timing }) },
  {
    weight: 2,
    arbitrary: one('charge', {
      ...{ amount, currency, timing },
      status: fc.constantFrom('succeeded' as const, 'pending' as const),
    }),
  },
  {
    weight: 1,
    arbitrary: one('end charge', {
      which,
      how: fc.constantFrom('succeeds' as const, 'fails' as const),
    }),
  },
  { weight: 3, arbitrary: one('refund', { which, parts, waits: fc.boolean(), rate, timing }) },
  {
    weight: 2,
    arbitrary: one('end refund', {
      ...{ which, rate, timing },
      as: fc.constantFrom(
        'refund_failure' as const,
        'payment_refund' as const,
        'adjustment' as const,
      ),
    }),
  },
  {
    weight: 3,
    arbitrary: one('dispute', { which, parts, isInquiry: fc.boolean(), rate, timing }),
  },
  {
    weight: 3,
    arbitrary: one('end dispute', {
      ...{ which, rate, timing },
      how: fc.constantFrom('won' as const, 'lost' as const, 'lost' as const, 'partly' as const),
    }),
  },
  { weight: 3, arbitrary: one('appeal', { which, rate, timing }) },
  { weight: 1, arbitrary: one('adjust dispute', { which, amount: signed, timing }) },
  { weight: 1, arbitrary: one('reverse', { which, timing }) },
  {
    weight: 2,
    arbitrary: one('payout', {
      currency,
      how: fc.constantFrom('automatic' as const, 'by hand' as const, 'instant' as const),
      pairs: fc.constantFrom(0, 0, 500),
    }),
  },
  {
    weight: 1,
    arbitrary: one('end payout', {
      which,
      how: fc.constantFrom('paid' as const, 'failed' as const),
    }),
  },
  {
    weight: 1,
    arbitrary: one('fee', {
      kind: fc.constantFrom('fee' as const, 'fx' as const, 'tax' as const, 'network' as const),
      amount: signed,
    }),
  },
  { weight: 1, arbitrary: one('transfer', { amount, timing }) },
  { weight: 1, arbitrary: one('reverse transfer', { which, timing }) },
  { weight: 1, arbitrary: one('earn', { amount, back: fc.constantFrom(0, 1, 50) }) },
  { weight: 1, arbitrary: one('top up', { amount, currency }) },
  {
    weight: 1,
    arbitrary: one('reserve', {
      way: fc.constantFrom(...(['risk', 'reserve', 'network', 'connect'] as const)),
      ...{ amount: signed, timing },
    }),
  },
  {
    weight: 2,
    arbitrary: one('row', {
      type: fc.constantFrom('adjustment', 'moon_fee', 'constructor', 'stripe_fee', 'advance'),
      category: fc.constantFrom('other_adjustment', 'lunar', 'charge', 'refund', 'dispute', 'fee'),
      balanceType: fc.constantFrom('payments', 'payments', 'payments', 'issuing', 'moon'),
      source: fc.constantFrom(null, null, 'moon_1', 'ch_of_nothing'),
      ...{ amount: signed, currency, timing },
      unlisted: fc.oneof(
        { weight: 9, arbitrary: fc.constant(false) },
        { weight: 1, arbitrary: fc.constant(true) },
      ),
    }),
  },
  { weight: 1, arbitrary: one('refuse', { which }) },
  { weight: 1, arbitrary: fc.constant({ do: 'heal' as const }) },
  { weight: 4, arbitrary: clock },
  { weight: 1, arbitrary: one('rights', { without: fc.subarray(RIGHTS, { maxLength: 2 }) }) },
  { weight: 1, arbitrary: fault },
);

const after = fc.integer({ min: 1, max: 90 });

const interruption: fc.Arbitrary<PlannedInterruption> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({
      after,
      how: fc.oneof(
        { weight: 3, arbitrary: fc.constantFrom('restart', 'lose', 'freeze', 'kill', 'stall') },
        { weight: 1, arbitrary: fc.constantFrom('hold', 'cancel', 'continue') },
      ),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ after, how: fc.constant('meanwhile' as const), action: moneyAction }),
  },
);

const sync = fc.record({
  do: fc.constant('sync' as const),
  interruptions: fc.array(interruption, { maxLength: 2 }),
});

/** Something happens, then there is a sync; now and then one that was stopped goes on, or all is lost. */
const round: fc.Arbitrary<Action[]> = fc
  .tuple(
    fc.array(moneyAction, { maxLength: 8, size: 'max' }),
    sync,
    fc.option(fc.constant({ do: 'resume' } as const), { freq: 3 }),
    fc.option(fc.constant({ do: 'lose database' } as const), { freq: 9 }),
  )
  .map(([before, then, ...rest]) => [...before, then, ...rest.filter((action) => action !== null)]);

const rounds = (length: { minLength: number; maxLength: number }) =>
  fc.array(round, { ...length, size: 'max' }).map((list) => list.flat());

const faults = fc.array(planted, { maxLength: 3, size: 'max' });

export const story: fc.Arbitrary<Story> = fc.oneof(
  fc.record({
    settlesIn: fc.constantFrom(null, ['usd', 'gbp'], ['usd']),
    since: fc.constant(null),
    cutOver: fc.constant(null),
    before: fc.oneof(fc.constant([]), rounds({ minLength: 1, maxLength: 2 })),
    actions: rounds({ minLength: 1, maxLength: 4 }),
    faults,
  }),
  fc.record({
    settlesIn: fc.constantFrom(null, ['usd', 'gbp'], ['usd']),
    since: fc.constantFrom(null, 0, 2),
    cutOver: fc.constantFrom(0, 1, 5, 20),
    before: rounds({ minLength: 1, maxLength: 3 }),
    actions: rounds({ minLength: 1, maxLength: 4 }),
    faults,
  }),
);
