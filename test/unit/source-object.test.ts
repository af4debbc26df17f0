/** What a balance transaction came from, in each form in which Stripe may tell it. */
import { sourceOf } from '../../src/stripe/source-object';

const CHARGE = {
  ...{ id: 'ch_1', object: 'charge', amount: 12_000, amount_captured: 10_000, currency: 'EUR' },
  ...{ customer: 'cus_1', payment_intent: 'pi_1', status: 'succeeded', receipt_email: 'a@b.c' },
};
const REFUND = {
  ...{ id: 're_1', object: 'refund', amount: 2_500, charge: 'ch_1', currency: 'eur' },
  ...{ customer: 'cus_1', customer_account: null, payment_intent: 'pi_1', status: 'succeeded' },
};
const DISPUTE = {
  ...{ id: 'du_1', object: 'dispute', amount: 10_000, charge: 'ch_1', currency: 'eur' },
  ...{ payment_intent: 'pi_1', status: 'lost', balance_transactions: [] },
};
const charge = {
  ...{ object: 'charge', id: 'ch_1', paymentIntentId: 'pi_1', customer: 'cus_1' },
  ...{ status: 'succeeded', amountCaptured: 10_000n, currency: 'eur' },
};
const refund = {
  ...{ object: 'refund', id: 're_1', chargeId: 'ch_1', paymentIntentId: 'pi_1' },
  ...{ customer: 'cus_1', amount: 2_500n, currency: 'eur' },
};
const dispute = {
  ...{ object: 'dispute', id: 'du_1', chargeId: 'ch_1', paymentIntentId: 'pi_1' },
  ...{ amount: 10_000n, currency: 'eur', begunAt: null },
};
const transfer = { object: 'transfer', id: 'tr_1', reversalId: null, destination: 'acct_2' };
const unread = (id: string | null) => ({ object: 'other', id });

test.each<[what: string, source: unknown, expected: object]>([
  ['a charge', CHARGE, charge],
  ['a refund', REFUND, refund],
  ['a dispute', DISPUTE, dispute],
  ['a payout', { id: 'po_1', object: 'payout', amount: -7 }, { object: 'payout', id: 'po_1' }],
  ['a transfer', { id: 'tr_1', object: 'transfer', destination: 'acct_2' }, transfer],
  [
    'a transfer whose account is in it',
    { id: 'tr_1', object: 'transfer', destination: { id: 'acct_2', object: 'account' } },
    transfer,
  ],
  [
    'a reversal',
    { id: 'trr_1', object: 'transfer_reversal', transfer: 'tr_1' },
    { ...transfer, reversalId: 'trr_1', destination: null },
  ],
  [
    'a reversal with its transfer',
    { id: 'trr_1', object: 'transfer_reversal', transfer: { id: 'tr_1', destination: 'acct_2' } },
    { ...transfer, reversalId: 'trr_1' },
  ],
  ['a top-up', { id: 'tu_1', object: 'topup' }, unread('tu_1')],
  ['an application fee', { id: 'fee_1', object: 'application_fee' }, unread('fee_1')],
  ['an object that is new', { id: 'moon_1', object: 'constructor' }, unread('moon_1')],
  ['nothing', null, unread(null)],
  ['left out', undefined, unread(null)],
  ['no id', 'x y', unread(null)],
  ['a number', 7, unread(null)],
  ['an object without an id', { object: 'charge', payment_intent: null }, unread(null)],
])('%s', (_what, source, expected) => {
  expect(sourceOf(source)).toEqual(expected);
});

test.each<[what: string, fields: Record<string, unknown>, expected: object]>([
  ['of a guest', { customer: null }, { customer: null }],
  ['with its payment in it', { payment_intent: { id: 'pi_1' } }, { paymentIntentId: 'pi_1' }],
  ['without a payment', { payment_intent: null }, { paymentIntentId: null }],
  ['of a customer in it', { customer: { id: 'cus_2' } }, { customer: 'cus_2' }],
  ['of a deleted customer', { customer: { id: 'cus_2', deleted: true } }, { customer: 'cus_2' }],
  ['of an account', { customer: null, customer_account: 'acct_3' }, { customer: 'acct_3' }],
  ['of who cannot be told', { customer: 'a\0' }, { customer: '' }],
  ['of somebody without an id', { customer: {} }, { customer: '' }],
  ['without a status', { status: 7 }, { status: null }],
  ['of which nothing was captured', { amount_captured: 0 }, { amountCaptured: 0n }],
  ['of an amount that is none', { amount_captured: 0.5 }, { amountCaptured: null }],
  [
    'of an amount above 2^53',
    { amount_captured: '9007199254740993' },
    { amountCaptured: 9007199254740993n },
  ],
  ['without a currency', { currency: undefined }, { currency: null }],
])('a charge %s', (_what, fields, expected) => {
  expect(sourceOf({ ...CHARGE, ...fields })).toEqual({ ...charge, ...expected });
});

test.each<[what: string, rows: unknown, begunAt: number | null]>([
  ['its oldest row, wherever that stands', [{ created: 30 }, { created: 20 }, { created: 40 }], 20],
  ['nothing where it has moved none', [], null],
  ['nothing where that is not told', undefined, null],
  ['nothing where that is no time', [{ created: 30 }, { created: 'soon' }], null],
])('a dispute begins with %s', (_what, rows, begunAt) => {
  expect(sourceOf({ ...DISPUTE, balance_transactions: rows })).toEqual({ ...dispute, begunAt });
});

test.each([
  ['a charge', { ...CHARGE, payment_intent: undefined }],
  ['a charge', { ...CHARGE, payment_intent: '' }],
  ['a charge', { id: 'ch_1', object: 'charge', deleted: true }],
  ['a refund', { ...REFUND, payment_intent: 7 }],
  ['a refund', { ...REFUND, charge: undefined }],
])(
  '%s that does not tell its payment is not read, rather than taken for one without',
  (_what, source) => {
    expect(sourceOf(source)).toEqual(unread(source.id));
  },
);

test.each<[id: string, expected: object]>([
  ['ch_1', unread('ch_1')],
  ['py_1', unread('py_1')],
  ['re_1', unread('re_1')],
  ['tu_1', unread('tu_1')],
  ['po_1', { object: 'payout', id: 'po_1' }],
  ['du_1', { ...dispute, chargeId: null, paymentIntentId: null, amount: null, currency: null }],
  ['tr_1', { ...transfer, destination: null }],
  ['trr_1', { ...transfer, id: null, reversalId: 'trr_1', destination: null }],
  ['constructor_1', unread('constructor_1')],
  ['po', unread('po')],
])('of %s alone, as much as its booking needs', (id, expected) => {
  expect(sourceOf(id)).toEqual(expected);
});

test('a dispute that cannot be read in full is one by its id all the same', () => {
  expect(sourceOf({ ...DISPUTE, charge: 7 })).toEqual(sourceOf('du_1'));
});
