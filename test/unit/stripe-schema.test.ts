import fc from 'fast-check';
import { KINDS } from '../../src/domain/kinds/table';
import { REASONS } from '../../src/domain/reasons';
import { list, successTimesOf, toPayIn } from '../../src/stripe/schema';

const ANSWER = {
  id: 'pi_3Abc',
  amount: 5000,
  amount_received: 2000,
  currency: 'USD',
  customer: 'cus_1',
  customer_account: 'acct_1',
  created: 1_770_000_000,
  livemode: false,
  status: 'succeeded',
};
const NO_TIMES = { succeededAt: null, chargedAt: null };
const read = (fields: Record<string, unknown>) => toPayIn({ ...ANSWER, ...fields }, NO_TIMES);

test('the captured amount counts, not the intended one', () => {
  expect(toPayIn(ANSWER, { succeededAt: 1_770_000_009, chargedAt: null })).toEqual({
    id: 'pi_3Abc',
    amount: 2000n,
    currency: 'usd',
    payer: 'cus_1',
    payerAlias: 'acct_1',
    created: 1_770_000_000,
    succeededAt: 1_770_000_009,
    chargedAt: null,
    livemode: false,
    fault: null,
  });
});

test.each<[what: string, fields: Record<string, unknown>, payer: string | null]>([
  ['an id', {}, 'cus_1'],
  ['an expanded customer', { customer: { id: 'cus_2', object: 'customer' } }, 'cus_2'],
  ['a deleted customer, which keeps its id', { customer: { id: 'cus_3', deleted: true } }, 'cus_3'],
  ['customer_account where there is no customer', { customer: null }, 'acct_1'],
  ['customer_account where customer is empty', { customer: '' }, 'acct_1'],
  ['nobody', { customer: null, customer_account: null }, null],
  [
    'nobody where the fields are missing',
    { customer: undefined, customer_account: undefined },
    null,
  ],
])('the payer is %s', (_what, fields, payer) => {
  expect(read(fields)).toMatchObject({ payer, fault: null });
});

test('the other id of the same payer is kept, where the intent names two', () => {
  expect(read({})).toMatchObject({ payer: 'cus_1', payerAlias: 'acct_1' });
  for (const one of [{ customer: null }, { customer_account: null }, { customer: 'acct_1' }]) {
    expect(read(one)).not.toHaveProperty('payerAlias');
  }
});

test.each<[what: string, latest: unknown, chargeId: string | undefined]>([
  ['an id', 'ch_1', 'ch_1'],
  ['the charge itself', { id: 'py_2', object: 'charge' }, 'py_2'],
  ['nothing', null, undefined],
  ['no id', { id: 'ch 1' }, undefined],
])('the charge that it came through is told by %s', (_what, latest, chargeId) => {
  expect(read({ latest_charge: latest }).chargeId).toBe(chargeId);
});

test.each(['jenny@example.com', 'cus.1', 'stripe', 'Ünïcode 顧客', 'x'.repeat(300), '@stripe'])(
  'a customer id of the merchant’s own making is taken as it is: %s',
  (customer) => {
    expect(read({ customer })).toMatchObject({ payer: customer, fault: null });
  },
);

test.each<[what: string, amount: unknown, fault: string]>([
  ['null', null, 'AMOUNT_MISSING'],
  ['missing', undefined, 'AMOUNT_MISSING'],
  ['text', '2000', 'AMOUNT_MISSING'],
  ['a fraction', 20.5, 'AMOUNT_UNSAFE'],
  ['above 2^53, where JSON.parse rounds', JSON.parse('9007199254740993'), 'AMOUNT_UNSAFE'],
  ['above 2^53, kept exact for others', '9007199254740993', 'AMOUNT_UNSAFE'],
  ['infinite after parsing', JSON.parse('1e400'), 'AMOUNT_UNSAFE'],
])('an amount_received that is %s is never guessed', (_what, amount_received, fault) => {
  expect(read({ amount_received })).toMatchObject({ amount: null, fault });
});

test.each<[what: string, fields: Record<string, unknown>, fault: string]>([
  ['no currency', { currency: null }, 'FIELDS_MALFORMED'],
  ['a currency that is no code', { currency: 'u$d' }, 'FIELDS_MALFORMED'],
  ['a payer that Postgres cannot store', { customer: 'cus_\u0000' }, 'PAYER_MALFORMED'],
  ['a payer with half a character', { customer: 'cus_\ud800example' }, 'PAYER_MALFORMED'],
  ['a payer that would steer a terminal', { customer: 'example\u001b[2J' }, 'PAYER_MALFORMED'],
  ['a payer longer than any id', { customer: 'example'.repeat(800) }, 'PAYER_MALFORMED'],
  ['a payer that is a number', { customer: 42 }, 'PAYER_MALFORMED'],
  ['a payer without an id', { customer: { email: 'example' } }, 'PAYER_MALFORMED'],
])('%s is a fault of that pay-in, and nothing of the field is kept', (_what, fields, fault) => {
  const payIn = read(fields);
  expect(payIn.fault).toBe(fault);
  expect(JSON.stringify({ ...payIn, amount: null })).not.toMatch(/u\$d|\\u0000|example/);
});

test.each<[what: string, answer: Record<string, unknown>, succeededAt: number | null]>([
  ['a card charged at once', {}, 7],
  ['a card in person', { type: 'card_present' }, 7],
  ['a card captured by hand, which succeeds with the capture', { capture_method: 'manual' }, null],
  [
    'a card whose own setting says so',
    { payment_method_options: { card: { capture_method: 'manual' } } },
    null,
  ],
  [
    'a card beside another method that is captured by hand',
    { payment_method_options: { klarna: { capture_method: 'manual' } } },
    7,
  ],
  ['iDEAL, which confirms at once', { type: 'ideal', capture_method: 'automatic_async' }, 7],
  ['Klarna captured by hand', { type: 'klarna', capture_method: 'manual' }, null],
  ['a bank debit, which settles days later', { type: 'sepa_debit' }, null],
  ['a method that Stripe adds later', { type: 'moon_money' }, null],
  ['a method that is a word of the language', { type: 'constructor' }, null],
  ['a method that is not named', { type: undefined }, null],
])('the time of the charge is the time of success of %s only', (_what, fields, succeededAt) => {
  const { type, ...intent } = { type: 'card', ...fields };
  const latest_charge = { id: 'ch_1', created: 7, payment_method_details: { type } };
  expect(successTimesOf({ ...intent, latest_charge })).toEqual({ succeededAt, chargedAt: 7 });
});

test('a charge that was not asked for tells no time', () => {
  for (const answer of [{ latest_charge: 'ch_1' }, { latest_charge: null }, {}]) {
    expect(successTimesOf(answer)).toEqual({ succeededAt: null, chargedAt: null });
  }
});

test.each<[what: string, envelope: unknown]>([
  ['no list', {}],
  ['an empty answer', null],
  ['another object', { object: 'charge', data: [], has_more: false }],
  ['no has_more, which could end a listing early', { object: 'list', data: [] }],
  ['has_more without a row to go on after', { object: 'list', data: [], has_more: true }],
  ['rows that are none', { object: 'list', data: {}, has_more: false }],
])('an envelope with %s is refused', (_what, envelope) => {
  expect(list.safeParse(envelope).success).toBe(false);
});

test('any object with an id becomes a pay-in and gets a verdict, without a throw', () => {
  // The fields that are read, with what they could hold; and anything else beside them.
  const odd = fc.oneof(
    fc.jsonValue(),
    fc.double(),
    fc.maxSafeInteger(),
    fc.constantFrom('usd', 'JPY', 'cus_1', '', '\u0000', 2000, true, false, null),
    fc.record({ id: fc.oneof(fc.string(), fc.jsonValue()) }),
  );
  const fields = [
    'amount_received',
    'currency',
    'customer',
    'customer_account',
    'created',
    'livemode',
    'latest_charge',
  ];
  const sane = {
    amount_received: fc.constant(2000),
    currency: fc.constant('usd'),
    customer: fc.constant('cus_1'),
    created: fc.constant(1_770_000_000),
    livemode: fc.constant(false),
  };
  const answer = fc
    .tuple(
      fc.record({ id: fc.stringMatching(/^[A-Za-z0-9_]{1,40}$/) }),
      fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 3 }),
      fc.record(sane),
      fc.record(Object.fromEntries(fields.map((field) => [field, odd])), { requiredKeys: [] }),
    )
    .map(([id, more, usual, strange]) => ({ ...more, ...usual, ...strange, ...id }));
  const times = fc.option(fc.oneof(fc.maxSafeInteger(), fc.constant(1_770_000_001)));
  const since = fc.option(fc.constant(1_770_000_000));

  fc.assert(
    fc.property(answer, times, since, (one, succeededAt, from) => {
      const payIn = toPayIn(one, { ...successTimesOf(one), succeededAt });
      const verdict = KINDS.pay_in.judge(payIn, {
        syncId: 'sync_1',
        livemode: false,
        balances: { source: '@stripe', guest: '@stripe-guest' },
        since: from,
        eventsReachSince: false,
      });
      if (verdict.kind === 'set_aside') {
        expect(Object.keys(REASONS)).toContain(verdict.reason);
      } else if (verdict.kind === 'post') {
        const { posting } = verdict;
        expect(Number(posting.amount)).toBe(one.amount_received);
        expect(posting.currency).toBe(one.currency.toUpperCase());
        expect(posting.effectiveDate).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      }
    }),
    { numRuns: 5_000 },
  );
});
