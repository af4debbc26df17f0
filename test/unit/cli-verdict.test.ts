import { reach } from '../../src/commands/verdict';
import type { LedgerEntry } from '../../src/domain/ledger';
import type { PayIn, PayInState } from '../../src/domain/pay-in';
import type { PostingContext } from '../../src/domain/posting';
import type { Evidence } from '../../src/engine/evidence';
import type { PayInRow } from '../../src/store/movements';

const context: PostingContext = {
  syncId: '',
  livemode: true,
  balances: { source: '@stripe', guest: '@stripe-guest' },
  since: 1_700_000_000,
  eventsReachSince: false,
};

const payIn: PayIn = {
  id: 'pi_1',
  amount: 1500n,
  currency: 'usd',
  payer: 'cus_1',
  created: 1_750_000_000,
  succeededAt: 1_750_000_002,
  chargedAt: null,
  livemode: true,
  fault: null,
};

const entry: LedgerEntry = {
  reference: 'pi_1',
  transactionId: 'txn_1',
  status: 'APPLIED',
  amount: 1500n,
  currency: 'USD',
  precision: 100,
  customerId: 'cus_1',
  source: '@stripe',
  destination: '@cus_1',
  syncId: 'sync_1',
  succeededAt: null,
  bookedAt: null,
};

const row = (state: PayInState, reason: PayInRow['reason'] = null): PayInRow => ({
  ...payIn,
  kind: 'pay_in',
  state,
  syncId: 'sync_1',
  reference: null,
  transactionId: null,
  postedAt: null,
  reason,
  triedBy: null,
  quarantinedBy: null,
  attempts: 1,
  retryAt: null,
  updatedAt: new Date(0),
  closedAt: null,
  closedBy: null,
  closedNote: null,
});

const succeeded = (changes: Partial<PayIn> = {}) => ({
  payIn: { ...payIn, ...changes },
  status: 'succeeded',
  answeredAt: 1_760_000_000,
  refunded: null,
});

const processing = {
  ...{ payIn: null, status: 'processing', answeredAt: 1_760_000_000, refunded: null },
};

interface Said extends Partial<Omit<Evidence, 'found'>> {
  readonly entries?: readonly LedgerEntry[];
}

const REFERENCES = ['pi_1', 'pi_1_q', 'pi_1.r2', 'pi_1.r2_q'];

const evidence = ({ entries = [], ...changes }: Said): Evidence => ({
  atStripe: succeeded(),
  row: undefined,
  found: new Map([
    ...REFERENCES.map((reference) => [reference, null] as const),
    ...entries.map((one) => [one.reference, one] as const),
  ]),
  ...changes,
});

const rejected = { ...entry, status: 'REJECTED' };

test.each<[string, Said]>([
  [
    'In the ledger, with the amount, currency, precision, payer, source and destination that',
    { entries: [entry] },
  ],
  [
    'precision and payer that Stripe and the settings say. Not compared, since the ledger does not tell: source and destination.',
    { entries: [{ ...entry, source: null, destination: null }] },
  ],
  [
    'currency, precision, source and destination that Stripe and the settings say.',
    {
      atStripe: succeeded({ payer: null }),
      entries: [{ ...entry, customerId: null, destination: '@stripe-guest' }],
    },
  ],
  [
    'Set aside, and the ledger holds a transaction under its reference: Blnk holds this reference with another amount',
    { entries: [{ ...entry, amount: 1n }] },
  ],
  [
    'Different: amount and destination.',
    { entries: [{ ...entry, amount: 1n, destination: '@x' }] },
  ],
  [
    'Set aside, and the ledger holds a transaction under its reference: the currency is not in our table',
    { atStripe: succeeded({ currency: 'xts' }), entries: [entry] },
  ],
  ['Set aside: Blnk holds this reference as queued', { entries: [{ ...entry, status: 'QUEUED' }] }],
  [
    'Closed by ada: booked by hand.',
    {
      row: {
        ...row('quarantined', 'BLNK_REFUSED'),
        ...{ closedAt: new Date(0), closedBy: 'ada', closedNote: 'booked by hand' },
      },
    },
  ],
  [
    'this program leaves it alone; the ledger holds a transaction',
    {
      atStripe: succeeded({ created: 1_600_000_000, succeededAt: 1_600_000_001 }),
      entries: [entry],
    },
  ],
  ['which uses the reference up: it goes under pi_1.r2', { entries: [rejected] }],
  [
    'Not posted: Blnk has rejected it in queued mode under both references',
    { entries: [rejected, { ...rejected, reference: 'pi_1.r2' }] },
  ],
  ['Not posted yet: the next sync posts it', {}],
  ['Not posted yet: it was read', { row: row('staged') }],
  ['Not posted: Blnk refused this posting', { row: row('quarantined', 'BLNK_REFUSED') }],
  ['It was in the ledger and is not any more', { row: row('posted') }],
  ['It was in the ledger and is not any more', { row: row('already_posted') }],
  ['It was counted as before SYNC_SINCE', { row: row('before_since') }],
  [
    'It succeeded before SYNC_SINCE',
    { atStripe: succeeded({ created: 1_600_000_000, succeededAt: 1_600_000_001 }) },
  ],
  ['Not posted: the currency is not in our table', { atStripe: succeeded({ currency: 'xts' }) }],
  [
    'Not posted: the payment belongs to the other mode',
    { atStripe: succeeded({ livemode: false }) },
  ],
  ['Not a pay-in: only payments that succeeded are posted', { atStripe: processing }],
  ['The ledger holds it although', { atStripe: processing, entries: [entry] }],
  ['Stripe does not know it (any more)', { atStripe: undefined, row: row('posted') }],
  ['The ledger holds it, but Stripe does not know it', { atStripe: undefined, entries: [entry] }],
])('%s', (sentence, changes) => {
  expect(reach(evidence(changes), context)).toContain(sentence);
});

test('where nobody may look up, nothing is called not posted that may be in the ledger', () => {
  const changes: Partial<PayIn>[] = [
    {},
    { amount: null },
    { currency: 'xts' },
    { livemode: false },
  ];
  for (const change of changes) {
    const said = (one?: PayInRow) => {
      const unasked = { ...evidence({ atStripe: succeeded(change), row: one }), found: undefined };
      return reach(unasked, context);
    };
    expect(said(row('posted'))).toMatch(/^In the ledger by our own record/);
    expect(said(row('already_posted'))).toMatch(/^In the ledger by our own record/);
    for (const one of [undefined, row('staged'), row('quarantined', 'BLNK_FAILED')]) {
      expect(said(one)).toMatch(
        /^(Set aside|Not posted yet by our own record, and what the ledger)/,
      );
    }
  }
});

test('what the ledger holds as applied is never called not posted, whatever else is wrong with it', () => {
  const changes: Partial<PayIn>[] = [
    {},
    { amount: 0n },
    { amount: -1n },
    { amount: null },
    { currency: 'xts' },
    { livemode: false },
    { payer: 'cus_2' },
    { payer: '\u0000' },
    { created: null },
    { created: 1_600_000_000, succeededAt: null },
  ];
  for (const change of changes) {
    for (const state of ['staged', 'posted', 'quarantined', 'before_since'] as const) {
      const reason = state === 'quarantined' ? 'BLNK_FAILED' : null;
      const said = { atStripe: succeeded(change), row: row(state, reason), entries: [entry] };
      expect(reach(evidence(said), context)).not.toMatch(/not posted/i);
    }
  }
});
