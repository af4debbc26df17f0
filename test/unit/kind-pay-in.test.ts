import type { PayIn } from '../../src/domain/pay-in';
import { KINDS } from '../../src/domain/kinds/table';
import type { PostingContext, Verdict } from '../../src/domain/posting';
import type { ReasonCode } from '../../src/domain/reasons';

const CREATED = Date.UTC(2026, 2, 1, 12, 30, 5) / 1000;
const DAY = 24 * 60 * 60;

const PAY_IN: PayIn = {
  id: 'pi_3Abc',
  amount: 12_345n,
  currency: 'usd',
  payer: 'cus_Payer',
  created: CREATED,
  succeededAt: CREATED + 90,
  chargedAt: null,
  livemode: false,
  fault: null,
};

const CONTEXT: PostingContext = {
  syncId: 'sync_1',
  stripeAccount: 'acct_1',
  livemode: false,
  balances: { source: '@stripe', guest: '@stripe-guest' },
  since: null,
  eventsReachSince: false,
};

const judged = (payIn: Partial<PayIn>, context: Partial<PostingContext> = {}): Verdict =>
  KINDS.pay_in.judge({ ...PAY_IN, ...payIn }, { ...CONTEXT, ...context });

const postingOf = (payIn: Partial<PayIn>, context: Partial<PostingContext> = {}) => {
  const verdict = judged(payIn, context);
  if (verdict.kind !== 'post') throw new Error(`not posted: ${JSON.stringify(verdict)}`);
  return verdict.posting;
};

test('a pay-in of a customer becomes this very posting', () => {
  expect(judged({})).toEqual({
    kind: 'post',
    posting: {
      movementId: 'pi_3Abc',
      reference: 'pi_3Abc',
      amount: 12_345n,
      precision: 100,
      currency: 'USD',
      source: '@stripe',
      destination: '@cus_Payer',
      description: 'Imported pay-in from Stripe',
      effectiveDate: '2026-03-01T12:30:05Z',
      metadata: {
        stripe_payment_intent_id: 'pi_3Abc',
        stripe_customer_id: 'cus_Payer',
        stripe_sync: {
          account: 'acct_1',
          livemode: false,
          sync_id: 'sync_1',
          succeeded_at: '2026-03-01T12:31:35Z',
        },
      },
    },
  });
});

test('a guest goes to the guest balance, and the metadata names no customer', () => {
  const posting = postingOf({ payer: null });
  expect(posting.destination).toBe('@stripe-guest');
  expect(posting.metadata).not.toHaveProperty('stripe_customer_id');
});

test('a payer known by customer_account alone has the balance of that account', () => {
  const posting = postingOf({ payer: 'acct_1Payer' });
  expect(posting.destination).toBe('@acct_1Payer');
  expect(posting.metadata.stripe_customer_id).toBe('acct_1Payer');
});

test('the balances of the settings are used as they are', () => {
  const context = { balances: { source: '@psp:stripe', guest: '@walk-in' } };
  expect(postingOf({ payer: null }, context)).toMatchObject({
    source: '@psp:stripe',
    destination: '@walk-in',
  });
});

test.each(['stripe', 'stripe-guest', 'jenny@example.com', '@stripe', 'cus.1'])(
  'a payer called %s has a balance that is nobody else’s, and stands in the metadata as it is',
  (payer) => {
    const posting = postingOf({ payer });
    expect(posting.destination).toMatch(/^@customer:[0-9a-f]{32}$/);
    expect(posting.metadata.stripe_customer_id).toBe(payer);
  },
);

test('the other id of the payer, and the name of an earlier version, are known beside the posting', () => {
  expect(postingOf({ payerAlias: 'acct_1' }).also).toEqual({
    customerIds: ['acct_1'],
    destinations: ['@acct_1'],
  });
  expect(postingOf({ payer: 'stripe-guest' }).also).toEqual({
    customerIds: [],
    destinations: ['@stripe-guest'],
  });
  expect(postingOf({})).not.toHaveProperty('also');
  expect(postingOf({ payer: null, payerAlias: null })).not.toHaveProperty('also');
});

test('what is not known is left out of the metadata instead of being null', () => {
  const { syncId, livemode, balances, since, eventsReachSince } = CONTEXT;
  const verdict = KINDS.pay_in.judge(
    { ...PAY_IN, succeededAt: null },
    { syncId, livemode, balances, since, eventsReachSince },
  );
  expect(verdict.kind === 'post' && verdict.posting.metadata.stripe_sync).toEqual({
    livemode: false,
    sync_id: 'sync_1',
  });
});

test.each<[currency: string, precision: number]>([
  ['usd', 100],
  ['jpy', 1],
  ['kwd', 1000],
  ['isk', 100],
  ['ugx', 100],
])('the precision of %s is %d', (currency, precision) => {
  expect(postingOf({ currency })).toMatchObject({ currency: currency.toUpperCase(), precision });
});

test.each<[what: string, payIn: Partial<PayIn>, reason: ReasonCode]>([
  ['no creation time', { created: null }, 'FIELDS_MALFORMED'],
  ['no mode', { livemode: null }, 'FIELDS_MALFORMED'],
  ['no currency', { currency: null }, 'FIELDS_MALFORMED'],
  ['a creation time that no date holds', { created: 9_000_000_000_000 }, 'FIELDS_MALFORMED'],
  ['a creation time past the year 9999', { created: 253_402_300_800 }, 'FIELDS_MALFORMED'],
  ['a creation time before 1970', { created: -1 }, 'FIELDS_MALFORMED'],
  ['a success time that no date holds', { succeededAt: 9_000_000_000_000 }, 'FIELDS_MALFORMED'],
  ['the other mode', { livemode: true }, 'MODE_MISMATCH'],
  ['an unknown currency', { currency: 'xts' }, 'CURRENCY_UNKNOWN'],
  ['no amount', { amount: null }, 'AMOUNT_MISSING'],
  ['an amount of zero', { amount: 0n }, 'AMOUNT_ZERO'],
  ['a negative amount', { amount: -1n }, 'AMOUNT_NOT_POSITIVE'],
  ['an amount that JSON would round', { amount: 2n ** 53n }, 'AMOUNT_UNSAFE'],
  ['a fault found in reading', { amount: null, fault: 'AMOUNT_UNSAFE' }, 'AMOUNT_UNSAFE'],
  [
    'a row from which nothing can be read',
    { created: null, fault: 'OBJECT_UNREADABLE' },
    'OBJECT_UNREADABLE',
  ],
  ['a payer with a control character', { payer: 'cus\u00001' }, 'PAYER_MALFORMED'],
  ['a payer that is empty', { payer: '' }, 'PAYER_MALFORMED'],
])('%s sets a pay-in aside', (_what, payIn, reason) => {
  expect(judged(payIn)).toEqual({ kind: 'set_aside', reason });
});

test('the largest amount that JSON carries exactly is posted', () => {
  const amount = BigInt(Number.MAX_SAFE_INTEGER);
  expect(postingOf({ amount }).amount).toBe(amount);
});

describe('with SYNC_SINCE', () => {
  const since = CREATED;
  const before = { created: since - DAY };

  test('a charge made long before tells although it may have settled later, a recent one does not', () => {
    const unknown = { ...before, succeededAt: null };
    expect(judged({ ...unknown, chargedAt: since - 46 * DAY }, { since }).kind).toBe(
      'before_since',
    );
    expect(judged({ ...unknown, chargedAt: since - 45 * DAY }, { since })).toEqual({
      kind: 'set_aside',
      reason: 'SUCCESS_TIME_UNKNOWN',
    });
  });

  test('what was charged at that second or later cannot have succeeded before it', () => {
    const unknown = { ...before, created: since - 400 * DAY, succeededAt: null };
    for (const eventsReachSince of [false, true]) {
      const context = { since, eventsReachSince };
      expect(judged({ ...unknown, chargedAt: since }, context).kind).toBe('post');
      expect(judged({ ...unknown, chargedAt: since - 1 }, context).kind).not.toBe('post');
    }
  });

  test('where the events reach back to it, a pay-in without one succeeded earlier', () => {
    const unknown = { ...before, succeededAt: null };
    expect(judged(unknown, { since, eventsReachSince: true }).kind).toBe('before_since');
  });

  test('a pay-in created at that second or later is posted, whether or not its success is dated', () => {
    expect(judged({ created: since, succeededAt: null }, { since })).toMatchObject({
      kind: 'post',
    });
    expect(judged({ created: since + 1 }, { since })).toMatchObject({ kind: 'post' });
  });

  test('one created before and succeeded before is counted and never posted', () => {
    const payIn = { ...before, succeededAt: since - 1 };
    expect(judged(payIn, { since })).toEqual({ kind: 'before_since' });
  });

  test('one created before and succeeded at that second or later is posted', () => {
    expect(judged({ ...before, succeededAt: since }, { since })).toMatchObject({ kind: 'post' });
    expect(judged({ ...before, succeededAt: since + 9 }, { since })).toMatchObject({
      kind: 'post',
    });
  });

  test('no posting is dated before it: what was created earlier is dated by its success', () => {
    for (const [created, succeededAt, date] of [
      [since - 90 * DAY, since, '2026-03-01T12:30:05Z'],
      [since - 1, since + DAY, '2026-03-02T12:30:05Z'],
      [since, since + DAY, '2026-03-01T12:30:05Z'],
      [since + 1, null, '2026-03-01T12:30:06Z'],
    ] as const) {
      expect(postingOf({ created, succeededAt }, { since }).effectiveDate).toBe(date);
    }
  });

  test('without it the date is that of the intent, however late it succeeded', () => {
    expect(postingOf({ succeededAt: CREATED + 90 * DAY }).effectiveDate).toBe(
      '2026-03-01T12:30:05Z',
    );
  });

  test('one created before whose success is not dated waits for a person', () => {
    expect(judged({ ...before, succeededAt: null }, { since })).toEqual({
      kind: 'set_aside',
      reason: 'SUCCESS_TIME_UNKNOWN',
    });
  });

  test('a fault of one that belongs to the old books is nobody’s concern', () => {
    const payIn: Partial<PayIn> = { ...before, succeededAt: since - 1, currency: 'xts' };
    expect(judged(payIn, { since })).toEqual({ kind: 'before_since' });
  });
});
