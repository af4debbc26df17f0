import fc from 'fast-check';
import { decide, referencesOf, type Decision } from '../../src/domain/decide';
import type { LedgerEntry } from '../../src/domain/ledger';
import type { Posting } from '../../src/domain/posting';
import type { ReasonCode } from '../../src/domain/reasons';

const POSTING: Posting = {
  reference: 'pi_1',
  amount: 2000n,
  precision: 100,
  currency: 'USD',
  source: '@stripe',
  destination: '@cus_1',
  description: 'Imported pay-in from Stripe',
  effectiveDate: '2026-03-01T12:30:05Z',
  metadata: {
    stripe_payment_intent_id: 'pi_1',
    stripe_customer_id: 'cus_1',
    stripe_sync: { livemode: false, sync_id: 'sync_now' },
  },
};
const GUEST: Posting = {
  ...POSTING,
  destination: '@stripe-guest',
  metadata: { stripe_payment_intent_id: 'pi_1', stripe_sync: POSTING.metadata.stripe_sync },
};

const OWN: LedgerEntry = {
  reference: 'pi_1',
  transactionId: 'txn_own',
  status: 'APPLIED',
  amount: 2000n,
  currency: 'USD',
  precision: 100,
  customerId: 'cus_1',
  syncId: 'sync_old',
};
const CHILD: LedgerEntry = {
  ...OWN,
  reference: 'pi_1_q',
  transactionId: 'txn_child',
  syncId: null,
};

const decided = (posting: Posting, ...entries: LedgerEntry[]): Decision =>
  decide(posting, new Map(entries.map((entry) => [entry.reference, entry])), 'sync_now');

const there = (transactionId: string, ours = false): Decision => ({
  kind: 'there',
  ours,
  transactionId,
});
const setAside = (reason: ReasonCode): Decision => ({ kind: 'set_aside', reason });

test('a posting is looked up under its reference and that of its queued child', () => {
  expect(referencesOf(POSTING)).toEqual(['pi_1', 'pi_1_q']);
});

test('nothing under either reference: it is posted', () => {
  expect(decided(POSTING)).toEqual({ kind: 'post' });
  expect(decided(POSTING, { ...OWN, reference: 'pi_2' })).toEqual({ kind: 'post' });
});

test('an equal one of an earlier sync, or of somebody else, was there already', () => {
  expect(decided(POSTING, OWN)).toEqual(there('txn_own'));
  expect(decided(POSTING, { ...OWN, syncId: null })).toEqual(there('txn_own'));
});

test('an equal one of this sync was posted by its own worker before it died', () => {
  expect(decided(POSTING, { ...OWN, syncId: 'sync_now' })).toEqual(there('txn_own', true));
});

test.each<[field: string, entry: Partial<LedgerEntry>]>([
  ['amount', { amount: 1999n }],
  ['amount that was not exact', { amount: null }],
  ['currency', { currency: 'EUR' }],
  ['currency in lower case, which is another balance', { currency: 'usd' }],
  ['missing currency', { currency: null }],
  ['precision', { precision: 1 }],
  ['customer', { customerId: 'cus_2' }],
])('another %s is a conflict, even if this sync posted it', (_field, entry) => {
  expect(decided(POSTING, { ...OWN, ...entry })).toEqual(setAside('CONFLICT'));
  expect(decided(POSTING, { ...OWN, ...entry, syncId: 'sync_now' })).toEqual(setAside('CONFLICT'));
});

test('precision and customer count only where the answer carries them', () => {
  expect(decided(POSTING, { ...OWN, precision: null })).toEqual(there('txn_own'));
  expect(decided(POSTING, { ...OWN, customerId: null })).toEqual(there('txn_own'));
});

test('a guest’s pay-in booked for a customer is a conflict, one booked for nobody is not', () => {
  expect(decided(GUEST, OWN)).toEqual(setAside('CONFLICT'));
  expect(decided(GUEST, { ...OWN, customerId: null })).toEqual(there('txn_own'));
});

describe('leftovers of queued mode', () => {
  const parent: LedgerEntry = { ...OWN, status: 'QUEUED' };

  test.each<[child: string, decision: Decision]>([
    ['APPLIED', there('txn_child')],
    ['REJECTED', setAside('REFERENCE_BURNT')],
    ['QUEUED', setAside('REFERENCE_PENDING')],
    ['INFLIGHT', setAside('CONFLICT')],
  ])('a queued parent whose child is %s', (status, decision) => {
    expect(decided(POSTING, parent, { ...CHILD, status })).toEqual(decision);
  });

  test('an applied child with another amount is a conflict', () => {
    expect(decided(POSTING, parent, { ...CHILD, amount: 1n })).toEqual(setAside('CONFLICT'));
  });

  test('an applied child without its parent is there', () => {
    expect(decided(POSTING, CHILD)).toEqual(there('txn_child'));
  });
});

test.each<[status: string, reason: ReasonCode]>([
  ['REJECTED', 'REFERENCE_BURNT'],
  ['QUEUED', 'REFERENCE_PENDING'],
  ['INFLIGHT', 'CONFLICT'],
  ['VOID', 'CONFLICT'],
  ['COMMIT', 'CONFLICT'],
  ['a status of a later version', 'CONFLICT'],
])('a plain reference that is %s is set aside as %s', (status, reason) => {
  expect(decided(POSTING, { ...OWN, status })).toEqual(setAside(reason));
});

test('whatever stands under a reference, there is a decision, and it is never to post', () => {
  const entry = fc.record({
    transactionId: fc.string(),
    status: fc.oneof(
      fc.constantFrom('APPLIED', 'QUEUED', 'REJECTED', 'INFLIGHT', 'VOID', 'SCHEDULED', ''),
      fc.string(),
    ),
    amount: fc.option(fc.oneof(fc.constant(2000n), fc.bigInt())),
    currency: fc.option(fc.constantFrom('USD', 'usd', 'EUR', '')),
    precision: fc.option(fc.constantFrom(1, 100, 1000)),
    customerId: fc.option(fc.constantFrom('cus_1', 'cus_2')),
    syncId: fc.option(fc.constantFrom('sync_now', 'sync_old')),
  });
  const found = fc.record({ own: fc.option(entry), child: fc.option(entry) });
  fc.assert(
    fc.property(found, fc.constantFrom(POSTING, GUEST), ({ own, child }, posting) => {
      const entries = [
        ...(own ? [{ ...own, reference: 'pi_1' }] : []),
        ...(child ? [{ ...child, reference: 'pi_1_q' }] : []),
      ];
      const decision = decided(posting, ...entries);
      expect(decision.kind === 'post').toBe(entries.length === 0);
      // "There" is only ever said of money that is applied in the very amount and currency.
      if (decision.kind !== 'there') return;
      const named = entries.find(
        ({ transactionId, status }) =>
          transactionId === decision.transactionId && status === 'APPLIED',
      );
      expect(named).toMatchObject({ amount: 2000n, currency: 'USD' });
    }),
    { numRuns: 2_000 },
  );
});
