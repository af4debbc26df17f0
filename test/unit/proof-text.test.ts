import { prove, type CurrencyFacts, type ProofState } from '../../src/domain/proof/proof';
import { proofAsJson } from '../../src/domain/proof/proof-json';
import { proofAsText } from '../../src/domain/proof/proof-text';
import { EXIT, exitCodeOfProof } from '../../src/exit';
import { aCurrency, anItem, judged, WAITS } from '../support/books/a-currency';

const READ_AT = Date.parse('2026-11-29T10:15:02Z') / 1000;
const NOVEMBER = Date.parse('2026-11-01T00:00:00Z') / 1000;

const held = (available: bigint, pending: bigint, judgement = judged(0n)) => {
  return { at: READ_AT, available, pending, judgement };
};
const proofOf = (...facts: Partial<CurrencyFacts>[]) =>
  prove(
    READ_AT + 38,
    NOVEMBER,
    facts.map((one) => aCurrency({ stripe: held(9_300n, 2_000n), ...one })),
  );
const textOf = (...facts: Partial<CurrencyFacts>[]) => proofAsText(proofOf(...facts), '@stripe');

test('a proof reads as a bank reconciliation', () => {
  const booked = { debits: 2_000_000n, credits: 755_433n };
  const text = textOf({
    stripe: held(900_110n, 334_457n),
    entered: 1_234_567n,
    ledger: booked,
    booked,
    notYet: { count: 1, amount: 10_000n, oldest: READ_AT - 2 },
    movements: 48_211,
  });
  expect(text).toBe(
    [
      'USD  Stripe balance 10:15:02        12,345.67   available 9,001.10, pending 3,344.57',
      '     ledger (@stripe)               12,445.67',
      '     booked, not yet in Stripe        -100.00   1 pay-in, 40 s old',
      '     unexplained                         0.00   PROVEN   complete since 2026-11-01, 48,211 movements',
    ].join('\n'),
  );
});

test('each line leads from the ledger to Stripe’s balance', () => {
  const booked = { debits: 12_000n, credits: 700n };
  const text = textOf({
    stripe: held(10_600n, 0n, judged(0n, 300n)),
    entered: 10_900n,
    ledger: { debits: 12_050n, credits: 700n },
    booked,
    items: [anItem('set_aside', 'txn_1', -400n), anItem('accepted', 'by hand', 50n)],
  });
  expect(text.split('\n')).toEqual([
    'USD  Stripe balance 10:15:02           106.00   available 106.00, pending 0.00',
    '     ledger (@stripe)                  113.50',
    '     set aside                          -4.00   1 movement',
    '     posted by others, accepted         -0.50   1 posting',
    '     moved since the reading            -3.00',
    '     unexplained                         0.00   EXPLAINED   complete since 2026-11-01, 3 movements',
    '     - set aside, not in the ledger: txn_1 -4.00',
    '     - posted by others, accepted: by hand 0.50',
  ]);
});

test('a broken one says which comparison fails, also where the sums cancel, and what was found', () => {
  const there = {
    ...anItem('foreign', 'by hand', 1_234n),
    ...{ at: READ_AT, transactionId: 'blnk_1', note: 'correction' },
  };
  const text = textOf({
    ledger: { debits: 13_234n, credits: 1_934n },
    items: [anItem('found_again', 'txn_9', 5n), there, anItem('other_in_ledger', 'pi_1', 5n, 6n)],
  });
  expect(text.split('\n').slice(2)).toEqual([
    '     unexplained                         0.00   BROKEN',
    '     turnover in the ledger less ours: debits 12.34, credits 12.34',
    '     not all of it is named yet',
    '     - posted by others: by hand 12.34, 2026-11-29 10:15:02 UTC, blnk_1 (correction)',
    '     - another amount in the ledger: pi_1 0.05, there 0.06',
    '     - was missing here, read again: txn_9 0.05',
  ]);
  const incomplete = textOf({ stripe: held(11_305n, 0n, judged(5n)), entered: 11_299n });
  expect(incomplete).toContain('     Stripe’s balance less the rows that it lists: 0.06\n');
  expect(incomplete).toContain('     rows of Stripe’s less what was booked of them: -0.01\n');
});

test('no more than 20 items are shown, faults first', () => {
  const items = Array.from({ length: 30 }, (_, index) => anItem('set_aside', `txn_${index}`, 0n));
  const lines = textOf({ items: [...items, anItem('foreign', 'by hand', 0n)] }).split('\n');
  expect(lines.filter((line) => line.includes('     - '))).toHaveLength(21);
  expect(lines).toContain('     - posted by others: by hand 0.00');
  expect(lines.at(-1)).toBe('     - and 11 more');
});

test('what is not known yet is not shown as zero', () => {
  // Whatever it waits for: a list that is not whole, a posting, or readings that agree.
  for (const facts of [{ stripe: held(9_300n, 2_001n, WAITS) }, { staged: 1 }]) {
    expect(textOf(facts)).toMatch(/ WAITING {3}not decided yet, a later sync tells$/m);
  }
  const unread = textOf({ stripe: null, ledger: null }).split('\n');
  expect(unread).toEqual([
    'USD  Stripe balance                  not read',
    '     ledger (@stripe)                not read',
    '     unexplained                    not known   NOT READ   a balance was not told; `check` says whether a key lacks the right',
  ]);
  expect(proofAsText(prove(READ_AT, null, []), '@stripe')).toContain('NOT READ');
  const rows = { code: 'STRIPE_PERMISSION_MISSING', right: 'rak_x_read' };
  const stripe = held(9_300n, 2_000n, WAITS);
  expect(textOf({ stripe, unread: rows })).toMatch(/NOT READ {3}.* lacks rak_x_read; grant it/);
  expect(textOf({ stripe, unread: rows, entered: 0n })).toMatch(/BROKEN {3}.* lacks rak_x_read/);
  expect(textOf({ stripe: null, unread: rows })).toMatch(/ lacks rak_x_read.*; a balance was not/);
  expect(proofAsText(prove(READ_AT, null, [], 'proven'), '@stripe')).toContain('PROVEN');
});

test('a reading of another day says which day', () => {
  const proof = prove(READ_AT + 86_400, null, [aCurrency({ stripe: held(11_300n, 0n) })]);
  const text = proofAsText(proof, '@stripe');
  expect(text).toContain('USD  Stripe 2026-11-29 10:15:02        113.00');
  expect(text).toContain('PROVEN   complete from the first movement on, 3 movements');
});

test.each([
  [119, '119 s'],
  [120, '2 min'],
  [7_199, '119 min'],
  [7_200, '2 h'],
  [172_799, '47 h'],
  [172_800, '2 days'],
])('a pay-in of %d seconds is %s old', (seconds, old) => {
  const oldest = READ_AT + 38 - seconds;
  expect(textOf({ notYet: { count: 2, amount: 0n, oldest } })).toContain(`2 pay-ins, ${old} old`);
});

test('each currency has its own decimals, and stands apart', () => {
  const huge = 9_007_199_254_740_993n;
  const booked = { debits: huge, credits: 0n };
  const yen = { currency: 'JPY', entered: huge, ledger: booked, booked };
  const text = textOf({}, { ...yen, stripe: held(huge, 0n) });
  expect(text).toContain('\n\nJPY  Stripe balance 10:15:02');
  const amounts = text
    .split('\n\n')[1]!
    .split('\n')
    .map((line) => line.slice(0, 54).trimEnd());
  expect(amounts).toEqual([
    'JPY  Stripe balance 10:15:02    9,007,199,254,740,993',
    '     ledger (@stripe)           9,007,199,254,740,993',
    '     unexplained                                    0',
  ]);
});

describe('as JSON', () => {
  test('amounts are minor units as text, and add up', () => {
    const [usd] = Object.values(
      proofAsJson(
        proofOf({
          stripe: held(10_600n, 0n, judged(0n, 300n)),
          entered: 10_900n,
          ledger: { debits: 22_050n, credits: 700n },
          booked: { debits: 22_000n, credits: 700n },
          notYet: { count: 1, amount: 10_000n, oldest: READ_AT },
          items: [anItem('set_aside', 'txn_1', -400n), anItem('accepted', 'by hand', 50n)],
        }),
      ),
    );
    expect(usd).toEqual({
      stripe: '10600',
      available: '10600',
      pending: '0',
      ledger: '21350',
      notYetInStripe: '10000',
      notYetCount: 1,
      notYetSince: '2026-11-29T10:15:02.000Z',
      setAside: '-400',
      accepted: '50',
      movedSince: '300',
      unexplained: '0',
      state: 'explained',
      asOf: '2026-11-29T10:15:02.000Z',
      movements: 3,
      gaps: { stripe: '0', rows: '0', ledger: { debits: '0', credits: '0' } },
      items: [
        {
          kind: 'set_aside',
          reference: 'txn_1',
          amount: '-400',
          theirs: null,
          at: null,
          note: null,
        },
        {
          kind: 'accepted',
          reference: 'by hand',
          amount: '50',
          theirs: null,
          at: null,
          note: null,
        },
      ],
    });
  });

  test('its figures make the equation that is documented, also of a broken one', () => {
    const facts = {
      stripe: held(10_600n, -50n, judged(0n, 300n)),
      ledger: { debits: 12_345n, credits: 987n },
      notYet: { count: 2, amount: 1_001n, oldest: READ_AT },
      items: [
        anItem('set_aside', 'txn_1', -400n),
        anItem('accepted', 'by hand', 50n),
        anItem('left_account', 'acct_1', 7n),
      ],
    };
    const { USD: usd } = proofAsJson(proofOf(facts));
    const of = (field: keyof NonNullable<typeof usd>) => BigInt(usd![field] as string);
    expect(of('stripe') + of('movedSince')).toBe(
      of('ledger') - of('notYetInStripe') + of('setAside') - of('accepted') + of('unexplained'),
    );
    expect(of('unexplained')).not.toBe(0n);
    expect(of('stripe')).toBe(of('available') + of('pending'));
    const { stripe, rows, ledger } = usd!.gaps;
    const [debits, credits] = [BigInt(ledger!.debits), BigInt(ledger!.credits)];
    expect(BigInt(stripe!) + BigInt(rows) - (debits - credits)).toBe(of('unexplained'));
  });

  test('what is not known is null', () => {
    expect(proofAsJson(proofOf({ stripe: null, ledger: null }))['USD']).toMatchObject({
      ...{ stripe: null, available: null, pending: null },
      ledger: null,
      gaps: { stripe: null, rows: '0', ledger: null },
      movedSince: null,
      unexplained: null,
      asOf: null,
      state: 'not_read',
    });
    const unread = { code: 'TIMED_OUT', right: null };
    expect(proofAsJson(proofOf({ unread }))['USD']).toMatchObject({ state: 'not_read', unread });
  });

  test('a fault has both sides and its time', () => {
    const item = { ...anItem('other_in_ledger', 'pi_1', 5n, 6n), at: READ_AT };
    expect(proofAsJson(proofOf({ items: [item] }))['USD']?.items).toEqual([
      {
        kind: 'other_in_ledger',
        reference: 'pi_1',
        amount: '5',
        theirs: '6',
        at: '2026-11-29T10:15:02.000Z',
        note: null,
      },
    ]);
  });

  test('a posting of others has Blnk’s id, which its text does not say twice', () => {
    const item = { ...anItem('foreign', 'blnk_1', 5n), transactionId: 'blnk_1' };
    expect(proofAsJson(proofOf({ items: [item] }))['USD']?.items).toMatchObject([
      { reference: 'blnk_1', transactionId: 'blnk_1' },
    ]);
    expect(textOf({ items: [item] })).toMatch(/ - posted by others: blnk_1 0\.05$/);
  });
});

test.each<[ProofState, number]>([
  ['proven', EXIT.done],
  ['explained', EXIT.done],
  ['broken', EXIT.problems],
  ['waiting', EXIT.failed],
  ['not_read', EXIT.failed],
])('a command that made a proof that is %s exits with %d', (state, code) => {
  expect(exitCodeOfProof(state)).toBe(code);
});
