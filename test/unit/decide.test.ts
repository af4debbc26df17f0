import fc from 'fast-check';
import { decide, decideUnread, unasked, type Decision } from '../../src/domain/decide';
import type { LedgerEntry } from '../../src/domain/ledger';
import type { Posting } from '../../src/domain/posting';
import type { ReasonCode } from '../../src/domain/reasons';
import { aPosting } from '../support/worlds/a-posting';

const POSTING = aPosting({
  metadata: {
    stripe_payment_intent_id: 'pi_1',
    stripe_customer_id: 'cus_1',
    stripe_sync: { livemode: false, sync_id: 'sync_now' },
  },
});
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
  source: '@stripe',
  destination: '@cus_1',
  syncId: 'sync_old',
  succeededAt: null,
  bookedAt: null,
};
const CHILD: LedgerEntry = {
  ...OWN,
  reference: 'pi_1_q',
  transactionId: 'txn_child',
  syncId: null,
};

const SECOND: LedgerEntry = { ...OWN, reference: 'pi_1.r2', transactionId: 'txn_second' };
const SECOND_CHILD: LedgerEntry = {
  ...CHILD,
  reference: 'pi_1.r2_q',
  transactionId: 'txn_second_q',
};
const ALL = [OWN, CHILD, SECOND, SECOND_CHILD].map(({ reference }) => reference);

/** Decided of a ledger that holds only these, asked for everything. */
const decided = (posting: Posting, ...entries: LedgerEntry[]): Decision =>
  decide(posting, answers(ALL, ...entries), 'sync_now');

function answers(asked: readonly string[], ...entries: LedgerEntry[]) {
  const found = new Map<string, LedgerEntry | null>(asked.map((reference) => [reference, null]));
  for (const entry of entries) found.set(entry.reference, entry);
  return found;
}

const post = (reference = 'pi_1'): Decision => ({ kind: 'post', reference });
const there = (entry: LedgerEntry, ours = false): Decision => ({
  kind: 'there',
  ours,
  reference: entry.reference,
  transactionId: entry.transactionId,
});
const setAside = (reason: ReasonCode): Decision => ({ kind: 'set_aside', reason });

describe('what the ledger is asked for', () => {
  const rejected = { ...OWN, status: 'REJECTED' };

  test('the reference and its queued child, and no more unless these are burnt', () => {
    expect(unasked('pi_1', new Map())).toEqual(['pi_1', 'pi_1_q']);
    for (const status of ['APPLIED', 'QUEUED', 'INFLIGHT', 'VOID']) {
      expect(unasked('pi_1', answers(['pi_1', 'pi_1_q'], { ...OWN, status }))).toEqual([]);
    }
    expect(unasked('pi_1', answers(['pi_1', 'pi_1_q']))).toEqual([]);
  });

  test('of a burnt reference the second one with its own child', () => {
    const parent = { ...OWN, status: 'QUEUED' };
    const child = { ...CHILD, status: 'REJECTED' };
    expect(unasked('pi_1', answers(['pi_1', 'pi_1_q'], rejected))).toEqual(ALL.slice(2));
    expect(unasked('pi_1', answers(['pi_1', 'pi_1_q'], parent, child))).toEqual(ALL.slice(2));
    expect(unasked('pi_1', answers(ALL, rejected))).toEqual([]);
  });

  test('nothing is decided before: what was not asked for is not absent', () => {
    expect(() => decide(POSTING, new Map(), 'sync_now')).toThrow('asked');
    const half = answers(['pi_1', 'pi_1_q', 'pi_1.r2'], rejected);
    expect(() => decide(POSTING, half, 'sync_now')).toThrow('asked');
  });
});

test('nothing under either reference: it is posted', () => {
  expect(decided(POSTING)).toEqual(post());
  expect(decided(POSTING, { ...OWN, reference: 'pi_2' })).toEqual(post());
});

test('an equal one of an earlier sync, or of somebody else, was there already', () => {
  expect(decided(POSTING, OWN)).toEqual(there(OWN));
  expect(decided(POSTING, { ...OWN, syncId: null })).toEqual(there(OWN));
});

test('an equal one of this sync was posted by its own worker before it died', () => {
  expect(decided(POSTING, { ...OWN, syncId: 'sync_now' })).toEqual(there(OWN, true));
});

test.each<[field: string, entry: Partial<LedgerEntry>]>([
  ['amount', { amount: 1999n }],
  ['amount that was not exact', { amount: null }],
  ['currency', { currency: 'EUR' }],
  ['currency in lower case, which is another balance', { currency: 'usd' }],
  ['missing currency', { currency: null }],
  ['precision', { precision: 1 }],
  ['customer', { customerId: 'cus_2' }],
  ['source', { source: '@World' }],
  ['source, a balance without a name', { source: 'bln_1' }],
  ['destination', { destination: '@cus_2' }],
  ['direction', { source: '@cus_1', destination: '@stripe' }],
])('another %s is a conflict, even if this sync posted it', (_field, entry) => {
  expect(decided(POSTING, { ...OWN, ...entry })).toEqual(setAside('CONFLICT'));
  expect(decided(POSTING, { ...OWN, ...entry, syncId: 'sync_now' })).toEqual(setAside('CONFLICT'));
});

test('precision, customer and balances count only where the answer carries them', () => {
  for (const field of ['precision', 'customerId', 'source', 'destination'] as const) {
    expect(decided(POSTING, { ...OWN, [field]: null })).toEqual(there(OWN));
  }
});

test('a guest’s pay-in booked for a customer is a conflict, one booked for nobody is not', () => {
  const booked = { ...OWN, destination: '@stripe-guest' };
  expect(decided(GUEST, booked)).toEqual(setAside('CONFLICT'));
  expect(decided(GUEST, { ...booked, customerId: null })).toEqual(there(OWN));
  expect(decided(GUEST, { ...OWN, customerId: null })).toEqual(setAside('CONFLICT'));
});

describe('leftovers of queued mode', () => {
  const parent: LedgerEntry = { ...OWN, status: 'QUEUED' };

  test.each<[child: string, decision: Decision]>([
    ['APPLIED', there(CHILD)],
    ['REJECTED', post('pi_1.r2')],
    ['QUEUED', setAside('REFERENCE_PENDING')],
    ['INFLIGHT', setAside('CONFLICT')],
  ])('a queued parent whose child is %s', (status, decision) => {
    expect(decided(POSTING, parent, { ...CHILD, status })).toEqual(decision);
  });

  test('an applied child with another amount is a conflict', () => {
    expect(decided(POSTING, parent, { ...CHILD, amount: 1n })).toEqual(setAside('CONFLICT'));
  });

  test('an applied child without its parent is there', () => {
    expect(decided(POSTING, CHILD)).toEqual(there(CHILD));
  });
});

test.each<[status: string, reason: ReasonCode]>([
  ['QUEUED', 'REFERENCE_PENDING'],
  ['INFLIGHT', 'CONFLICT'],
  ['VOID', 'CONFLICT'],
  ['COMMIT', 'CONFLICT'],
  ['a status of a later version', 'CONFLICT'],
])('a plain reference that is %s is set aside as %s', (status, reason) => {
  expect(decided(POSTING, { ...OWN, status })).toEqual(setAside(reason));
});

describe('a burnt reference', () => {
  const parent: LedgerEntry = { ...OWN, status: 'QUEUED' };
  const burnt: LedgerEntry = { ...CHILD, status: 'REJECTED' };
  const second = (status: string) => ({ ...SECOND, status });
  const secondChild = (status: string) => ({ ...SECOND_CHILD, status });

  test.each<[what: string, entries: LedgerEntry[], decision: Decision]>([
    ['with nothing under the second one is posted there', [], post('pi_1.r2')],
    ['that was posted under the second one is there', [SECOND], there(SECOND)],
    [
      'that this sync posted under the second one is ours',
      [{ ...SECOND, syncId: 'sync_now' }],
      there(SECOND, true),
    ],
    [
      'whose second one went through the queue is there',
      [second('QUEUED'), SECOND_CHILD],
      there(SECOND_CHILD),
    ],
    ['whose second one waits is pending', [second('QUEUED')], setAside('REFERENCE_PENDING')],
    [
      'whose second one is burnt as well needs a person',
      [second('QUEUED'), secondChild('REJECTED')],
      setAside('REFERENCE_BURNT'),
    ],
    [
      'whose second one is rejected needs a person',
      [second('REJECTED')],
      setAside('REFERENCE_BURNT'),
    ],
    ['whose second one is held is a conflict', [second('INFLIGHT')], setAside('CONFLICT')],
    [
      'whose second one has another amount is a conflict',
      [{ ...SECOND, amount: 1n }],
      setAside('CONFLICT'),
    ],
    ['that is booked twice is a conflict', [SECOND, SECOND_CHILD], setAside('CONFLICT')],
  ])('%s', (_what, entries, decision) => {
    expect(decided(POSTING, parent, burnt, ...entries)).toEqual(decision);
    expect(decided(POSTING, { ...OWN, status: 'REJECTED' }, ...entries)).toEqual(decision);
  });

  test('money that somebody has booked under both references must be seen by a person', () => {
    expect(decided(POSTING, OWN, SECOND)).toEqual(setAside('CONFLICT'));
    expect(decided(POSTING, OWN, CHILD)).toEqual(setAside('CONFLICT'));
    expect(decided(POSTING, parent, CHILD, SECOND)).toEqual(setAside('CONFLICT'));
  });

  test('one that may still be booked beside one that is booked is not settled', () => {
    expect(decided(POSTING, parent, SECOND)).toEqual(setAside('REFERENCE_PENDING'));
  });
});

describe('every combination of what may stand under the four references', () => {
  const STATUSES = ['APPLIED', 'QUEUED', 'REJECTED', 'INFLIGHT', 'A_LATER_WORD'];
  const variants = (entry: LedgerEntry): (LedgerEntry | undefined)[] => [
    undefined,
    ...STATUSES.flatMap((status) => [
      { ...entry, status },
      { ...entry, status, amount: 1999n },
    ]),
  ];

  interface Case {
    readonly entries: readonly LedgerEntry[];
    readonly applied: readonly LedgerEntry[];
    readonly decision: Decision;
    /** Nothing that is not APPLIED may ever become money. */
    readonly settled: boolean;
    readonly at: (reference: string) => string | undefined;
  }

  function* cases(): Generator<Case> {
    for (const own of variants(OWN)) {
      for (const child of variants(CHILD)) {
        for (const second of variants(SECOND)) {
          for (const secondChild of variants(SECOND_CHILD)) {
            const entries = [own, child, second, secondChild].filter((entry) => !!entry);
            const at = (reference: string) =>
              entries.find((entry) => entry.reference === reference)?.status;
            const dead = ({ reference, status }: LedgerEntry) =>
              status === 'APPLIED' ||
              status === 'REJECTED' ||
              (status === 'QUEUED' && ['APPLIED', 'REJECTED'].includes(at(`${reference}_q`) ?? ''));
            yield {
              entries,
              applied: entries.filter(({ status }) => status === 'APPLIED'),
              decision: decided(POSTING, ...entries),
              settled: entries.every(dead),
              at,
            };
          }
        }
      }
    }
  }

  test('is posted only where all money is known to be absent, and under a reference that is free', () => {
    let posts = 0;
    for (const { decision, applied, settled, at } of cases()) {
      if (decision.kind !== 'post') continue;
      posts += 1;
      expect({ applied, settled }).toEqual({ applied: [], settled: true });
      expect([at(decision.reference), at(`${decision.reference}_q`)]).toEqual([
        undefined,
        undefined,
      ]);
      // The second one only after the first was rejected.
      expect(decision.reference === 'pi_1.r2').toBe(
        at('pi_1') === 'REJECTED' || at('pi_1_q') === 'REJECTED',
      );
    }
    expect(posts).toBeGreaterThan(0);
  });

  test('is there exactly where it is booked once, as Stripe says, and nothing else may be', () => {
    for (const { decision, applied, settled } of cases()) {
      const [booked] = applied;
      const once = applied.length === 1 && booked?.amount === 2000n && settled;
      expect(decision.kind === 'there').toBe(once);
      if (decision.kind === 'there' && booked) expect(decision).toEqual(there(booked));
    }
  });

  test('is shown to a person where it is booked twice or otherwise', () => {
    for (const { decision, applied } of cases()) {
      if (applied.length > 1 || applied.some(({ amount }) => amount !== 2000n)) {
        expect(decision).toEqual(setAside('CONFLICT'));
      }
    }
  });

  test('is posted or burnt wherever everything was rejected, and waits only where something is queued', () => {
    for (const { decision, entries, applied, settled } of cases()) {
      if (settled && applied.length === 0) {
        expect(decision.kind === 'post' || 'reason' in decision).toBe(true);
        if (decision.kind === 'set_aside') expect(decision.reason).toBe('REFERENCE_BURNT');
      }
      if (decision.kind === 'set_aside' && decision.reason === 'REFERENCE_PENDING') {
        expect(entries.some(({ status }) => status === 'QUEUED')).toBe(true);
      }
    }
  });
});

test('whatever the ledger answers, there is a decision, and none that books money twice', () => {
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
    source: fc.option(fc.constantFrom('@stripe', '@World', 'bln_1')),
    destination: fc.option(fc.constantFrom('@cus_1', '@stripe-guest', '@stripe')),
    syncId: fc.option(fc.constantFrom('sync_now', 'sync_old')),
    succeededAt: fc.constant(null),
    bookedAt: fc.constant(null),
  });
  const four = fc.tuple(...ALL.map(() => fc.option(entry)));
  fc.assert(
    fc.property(four, fc.constantFrom(POSTING, GUEST), (held, posting) => {
      const entries = held.flatMap((one, index) =>
        one ? [{ ...one, reference: ALL[index] ?? '' }] : [],
      );
      const decision = decided(posting, ...entries);
      if (decision.kind === 'post') {
        for (const { status } of entries) expect(['QUEUED', 'REJECTED']).toContain(status);
      }
      // "There" is only ever said of money that is applied in the very amount and currency.
      if (decision.kind !== 'there') return;
      const applied = entries.filter(({ status }) => status === 'APPLIED');
      expect(applied).toMatchObject([
        { transactionId: decision.transactionId, amount: 2000n, currency: 'USD' },
      ]);
      // And never of what runs another way.
      const [{ source, destination } = {}] = applied;
      expect(['@stripe', null]).toContain(source);
      expect([posting.destination, null]).toContain(destination);
    }),
    { numRuns: 2_000 },
  );
});

describe('without the right to read', () => {
  const postedAt = new Date('2026-03-01T12:30:06Z');

  test('a reference that is taken is ours only where our own row says that we posted it', () => {
    const row = { reference: 'pi_1.r2', transactionId: 'txn_1', postedAt };
    expect(decideUnread('duplicate', row)).toEqual({
      kind: 'there',
      ours: false,
      reference: 'pi_1.r2',
      transactionId: 'txn_1',
    });
    for (const known of [
      undefined,
      { ...row, transactionId: null, postedAt: null },
      { ...row, postedAt: null },
      { ...row, transactionId: null },
      { ...row, reference: null },
    ]) {
      expect(decideUnread('duplicate', known)).toEqual({
        kind: 'set_aside',
        reason: 'EXISTS_UNVERIFIED',
      });
    }
  });

  test('an answer that promises nothing is no posting, whatever our row says', () => {
    expect(
      decideUnread('not_applied', { reference: 'pi_1', transactionId: 'txn_1', postedAt }),
    ).toEqual({
      kind: 'set_aside',
      reason: 'NOT_APPLIED',
    });
  });
});

test.each([
  ['pi_1.r2', 'pi_1.r2'],
  ['pi_1.r2_q', 'pi_1.r2'],
  ['pi_1_q', 'pi_1'],
  [null, 'pi_1'],
])('nothing there: what stood under %s by our rows goes to %s', (held, reference) => {
  const nothing = new Map(['pi_1', 'pi_1_q', 'pi_1.r2', 'pi_1.r2_q'].map((one) => [one, null]));
  expect(decide(POSTING, nothing, '', held)).toEqual({ kind: 'post', reference });
});
