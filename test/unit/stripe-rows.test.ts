/** Each row of Stripe's lists gets its own verdict, whatever it holds. */
import fc from 'fast-check';
import { chargeRow, eventRow, intentRow, isWithoutIntent, type Row } from '../../src/stripe/rows';

const CREATED = 1_770_000_000;
const intent = {
  ...{ id: 'pi_1', object: 'payment_intent', status: 'succeeded', created: CREATED },
  ...{ amount_received: 2000, currency: 'usd', customer: 'cus_1', livemode: false },
  ...{ capture_method: 'automatic', latest_charge: 'ch_1' },
};
const event = {
  ...{ id: 'evt_1', object: 'event', type: 'payment_intent.succeeded', created: CREATED + 9 },
  data: { object: intent },
};
const charge = {
  ...{ id: 'ch_1', object: 'charge', status: 'succeeded', created: CREATED + 5 },
  ...{ payment_intent: intent, payment_method_details: { type: 'card' } },
};

/** What the row comes to, in a word. */
function verdict(row: Row): string {
  switch (row.kind) {
    case 'pay_in':
      return `pay-in ${row.payIn.id} of ${row.payIn.succeededAt ?? 'unknown'}`;
    case 'ask':
      return `ask for ${row.paymentIntentId} of ${row.succeededAt ?? 'unknown'}`;
    case 'unreadable':
      return `set aside ${row.id}`;
    case 'other':
      return 'nothing';
  }
}

const EVENT_TIME = CREATED + 9;
test.each<[what: string, row: unknown, expected: string]>([
  ['a success', event, `pay-in pi_1 of ${EVENT_TIME}`],
  ['without its id', { ...event, id: undefined }, `pay-in pi_1 of ${EVENT_TIME}`],
  ['without its type', { ...event, type: undefined }, `pay-in pi_1 of ${EVENT_TIME}`],
  ['of another type', { ...event, type: 'payment_intent.created', data: null }, 'nothing'],
  ['without data', { ...event, data: undefined }, 'set aside evt_1'],
  ['with data that is a list', { ...event, data: [] }, 'set aside evt_1'],
  ['whose object is null', { ...event, data: { object: null } }, 'set aside evt_1'],
  ['whose object is a number', { ...event, data: { object: 5 } }, 'set aside evt_1'],
  [
    'whose object is an id',
    { ...event, data: { object: 'pi_7' } },
    `ask for pi_7 of ${EVENT_TIME}`,
  ],
  [
    'whose object is of another type',
    { ...event, data: { object: { object: 'invoice', id: 'in_1' } } },
    'set aside evt_1',
  ],
  [
    'whose object is of another type, and names its intent',
    { ...event, data: { object: { object: 'charge', id: 'ch_1', payment_intent: 'pi_8' } } },
    `ask for pi_8 of ${EVENT_TIME}`,
  ],
  [
    'whose object has no id',
    { ...event, data: { object: { ...intent, id: undefined } } },
    'set aside evt_1',
  ],
  [
    'whose object has no status',
    { ...event, data: { object: { ...intent, status: undefined } } },
    `ask for pi_1 of ${EVENT_TIME}`,
  ],
  [
    'whose object has not succeeded',
    { ...event, data: { object: { ...intent, status: 'requires_capture' } } },
    'nothing',
  ],
  ['without its time', { ...event, created: undefined }, 'set aside pi_1'],
  ['with a time that is text', { ...event, created: '5' }, 'set aside pi_1'],
  ['that is null', null, 'set aside row_74234e98afe7498fb5da'],
  ['that is text', 'evt_1', 'set aside row_3f67ae0e723661709162'],
  ['that is a list', [event], expect.stringMatching(/^set aside row_/) as string],
  ['that is empty', {}, expect.stringMatching(/^set aside row_/) as string],
  ['whose id is none', { ...event, id: '../x', data: 1 }, expect.stringMatching(/row_/) as string],
])('an event %s', (_what, row, expected) => {
  expect(verdict(eventRow(row))).toEqual(expected);
});

test.each<[what: string, row: unknown, expected: string]>([
  ['that succeeded', intent, 'pay-in pi_1 of unknown'],
  ['that has not', { ...intent, status: 'processing' }, 'nothing'],
  ['without the name of its type', { ...intent, object: undefined }, 'pay-in pi_1 of unknown'],
  ['with its charge', { ...intent, latest_charge: charge }, `pay-in pi_1 of ${CREATED + 5}`],
  ['without a status', { ...intent, status: undefined }, 'ask for pi_1 of unknown'],
  ['with a status that is a number', { ...intent, status: 1 }, 'ask for pi_1 of unknown'],
  ['that is another object', { ...intent, object: 'refund', id: 're_1' }, 'set aside re_1'],
  [
    'that is another object, of an intent',
    { ...charge, payment_intent: 'pi_2' },
    'ask for pi_2 of unknown',
  ],
  ['without an id', { ...intent, id: null }, expect.stringMatching(/^set aside row_/) as string],
  ['that is null', null, 'set aside row_74234e98afe7498fb5da'],
])('a PaymentIntent %s', (_what, row, expected) => {
  expect(verdict(intentRow(row))).toEqual(expected);
});

test.each<[what: string, row: unknown, expected: string]>([
  ['of a card', charge, `pay-in pi_1 of ${CREATED + 5}`],
  [
    'of a bank debit, which has settled later',
    { ...charge, payment_method_details: { type: 'sepa_debit' } },
    'pay-in pi_1 of unknown',
  ],
  [
    'of an authorisation that was captured by hand',
    { ...charge, payment_intent: { ...intent, capture_method: 'manual' } },
    'pay-in pi_1 of unknown',
  ],
  [
    'of an authorisation that is not captured',
    { ...charge, payment_intent: { ...intent, status: 'requires_capture' } },
    'nothing',
  ],
  ['that is pending', { ...charge, status: 'pending' }, 'nothing'],
  ['that failed', { ...charge, status: 'failed' }, 'nothing'],
  [
    'that is not the latest of its intent',
    { ...charge, payment_intent: { ...intent, latest_charge: 'ch_2' } },
    'ask for pi_1 of unknown',
  ],
  [
    'that is the latest, said in full',
    { ...charge, payment_intent: { ...intent, latest_charge: { id: 'ch_1' } } },
    `pay-in pi_1 of ${CREATED + 5}`,
  ],
  ['whose intent is an id only', { ...charge, payment_intent: 'pi_9' }, 'ask for pi_9 of unknown'],
  ['without an intent', { ...charge, payment_intent: null }, 'nothing'],
  ['without an intent and a status', { id: 'ch_1', object: 'charge' }, 'set aside ch_1'],
  ['whose intent is no id', { ...charge, payment_intent: 5 }, 'set aside ch_1'],
  ['that is null', null, 'set aside row_74234e98afe7498fb5da'],
])('a charge %s', (_what, row, expected) => {
  expect(verdict(chargeRow(row))).toEqual(expected);
});

test('a charge without an intent counts if it succeeded', () => {
  expect(isWithoutIntent({ ...charge, payment_intent: null })).toBe(true);
  expect(isWithoutIntent({ ...charge, payment_intent: null, status: 'failed' })).toBe(false);
  expect(isWithoutIntent(charge)).toBe(false);
  expect(isWithoutIntent(null)).toBe(false);
});

test('whatever a row is, it gets one verdict, and the same again', () => {
  const member = fc.oneof(fc.jsonValue(), fc.constantFrom(intent, charge, event, 'pi_1', null));
  const names = ['id', 'object', 'status', 'created', 'type', 'data', 'payment_intent'];
  const like = fc
    .tuple(
      fc.constantFrom<object>(intent, charge, event),
      fc.record(Object.fromEntries(names.map((name) => [name, member])), { requiredKeys: [] }),
    )
    .map(([usual, odd]) => ({ ...usual, ...odd }));
  fc.assert(
    fc.property(fc.oneof(like, fc.jsonValue()), (row) => {
      for (const judge of [intentRow, eventRow, chargeRow]) {
        // As it comes over the wire, twice.
        const text = JSON.stringify(row);
        const [once, again] = [judge(JSON.parse(text)), judge(JSON.parse(text))];
        expect(again).toEqual(once);
        if (once.kind === 'unreadable') expect(once.id).toMatch(/^[A-Za-z0-9_]{1,255}$/);
      }
    }),
    { numRuns: 3_000 },
  );
});
