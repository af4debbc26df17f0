import { prove, type CurrencyFacts } from '../../src/domain/proof/proof';
import type { ProofItem } from '../../src/domain/proof/proof-items';
import {
  beginWalk,
  gapsText,
  NEW_WALK,
  nextStep,
  walked,
  type Step,
} from '../../src/domain/proof/proof-walk';
import { aCurrency, anItem, AT, judged } from '../support/books/a-currency';

const DAY = 86_400;
const proofOf = (...facts: CurrencyFacts[]) => prove(AT + 60, null, facts);

/** Stripe holds more than the rows that it lists, by this much. */
const incomplete = (amount: bigint, exact = true) => ({
  stripe: {
    at: AT,
    available: 11_300n + amount,
    pending: 0n,
    judgement: judged(amount, 0n, exact),
  },
});
const unfaithful = (debits: bigint, credits: bigint) => ({
  ledger: { debits: 12_000n + debits, credits: 700n + credits },
});

/** Every step, while none of them finds anything. */
function wholeWalk(facts: Partial<CurrencyFacts>, hasProof: boolean, begin = NEW_WALK): Step[] {
  const steps: Step[] = [];
  for (let walk = begin; steps.length < 20;) {
    const step = nextStep(proofOf(aCurrency(facts)), walk, hasProof);
    if (step.do === 'stop') return steps;
    steps.push(step);
    walk = walked(walk, step);
  }
  throw new Error('it never ends');
}

test('nothing is done about a proof that is not broken', () => {
  expect(wholeWalk({}, true)).toEqual([]);
  expect(wholeWalk({ staged: 1, entered: 0n }, true)).toEqual([]);
  expect(wholeWalk({ stripe: null }, true)).toEqual([]);
});

test('rows that are missing are looked for further and further back', () => {
  expect(wholeWalk(incomplete(5n), true)).toEqual([
    { do: 'reread', seconds: DAY },
    { do: 'reread', seconds: 7 * DAY },
    { do: 'reread', seconds: 35 * DAY },
    { do: 'reread', seconds: null },
  ]);
});

test('rows that were not booked are looked for among our own', () => {
  const stripe = { ...incomplete(0n).stripe, available: 11_000n };
  expect(wholeWalk({ entered: 11_000n, stripe }, true)).toEqual([{ do: 'check_rows' }]);
});

test('the ledger is searched from the last proof on, then whole', () => {
  expect(wholeWalk(unfaithful(5n, 0n), true)).toEqual([
    { do: 'look_up', range: 'since_proof' },
    { do: 'list_postings', range: 'since_proof' },
    { do: 'list_postings', range: 'all' },
    { do: 'look_up', range: 'all' },
  ]);
  expect(wholeWalk(unfaithful(0n, 5n), false)).toEqual([
    { do: 'list_postings', range: 'all' },
    { do: 'look_up', range: 'all' },
  ]);
});

test('a ledger that holds less than was posted is asked for our postings before its own are listed', () => {
  expect(wholeWalk(unfaithful(0n, -5n), true)).toEqual([
    { do: 'look_up', range: 'since_proof' },
    { do: 'look_up', range: 'all' },
    { do: 'list_postings', range: 'since_proof' },
    { do: 'list_postings', range: 'all' },
  ]);
  const more = { ...unfaithful(0n, 1n), currency: 'EUR' };
  const mixed = proofOf(aCurrency(unfaithful(-5n, 0n)), aCurrency(more));
  expect(nextStep(mixed, NEW_WALK, false)).toEqual({ do: 'list_postings', range: 'all' });
  expect(wholeWalk(unfaithful(-5n, 5n), false)[0]).toEqual({ do: 'list_postings', range: 'all' });
});

test('the ledger is searched for a pair that cancels', () => {
  expect(wholeWalk(unfaithful(5n, 5n), false)).toHaveLength(2);
});

test('Stripe’s rows come before the ledger, and each gap is looked for', () => {
  const steps = wholeWalk({ ...incomplete(5n), ...unfaithful(5n, 0n), entered: 11_299n }, false);
  expect(steps.map((step) => step.do)).toEqual([
    'reread',
    'reread',
    'reread',
    'reread',
    'check_rows',
    'list_postings',
    'look_up',
  ]);
});

test('every currency is looked at', () => {
  const proof = proofOf(aCurrency(), aCurrency({ currency: 'EUR', ...unfaithful(1n, 0n) }));
  expect(nextStep(proof, NEW_WALK, true)).toEqual({ do: 'look_up', range: 'since_proof' });
});

test('it ends as soon as what is named accounts for every gap', () => {
  const named = (...items: ProofItem[]) => ({ ...unfaithful(5n, 3n), items });
  const stranger = anItem('foreign', 'a', 5n);
  expect(wholeWalk(named(stranger), false)).toHaveLength(2);
  expect(wholeWalk(named(stranger, anItem('foreign', 'b', -3n)), false)).toEqual([]);
  expect(
    wholeWalk({ ...incomplete(-9n), items: [anItem('missing_at_stripe', 'c', 9n)] }, true),
  ).toEqual([]);
});

test('of what looks ours and is not, our own rows and Stripe’s are asked, also where it accounts for every gap', () => {
  const named = (reference: string) => ({
    ...unfaithful(5n, 3n),
    items: [anItem('foreign', reference, 5n), anItem('foreign', 'b', -3n)],
  });
  const steps = [
    { do: 'check_rows' },
    ...[DAY, 7 * DAY, 35 * DAY, null].map((seconds) => ({ do: 'reread', seconds })),
  ];
  for (const reference of [
    'txn_1',
    'txn_1.fee_tax',
    'pi_1',
    'pi_1.r2',
    'pi_1_q',
    'py_1',
    'ch_1.fx2',
  ]) {
    expect(wholeWalk(named(reference), true)).toEqual(steps);
  }
  for (const reference of ['txn 1', 'opening.acct_1.USD.2026-01-01', 'a txn_1', 'txn_1.']) {
    expect(wholeWalk(named(reference), true)).toEqual([]);
  }
});

describe('a run after one that has walked in vain', () => {
  const broken = proofOf(aCurrency({ ...incomplete(5n), ...unfaithful(0n, 7n) }));
  const items = [anItem('foreign', 'a', -7n), anItem('found_again', 'b', 1n)];
  const done = {
    ...NEW_WALK,
    reread: 4,
    rowsChecked: true,
    lookedUp: 'all',
    listed: 'all',
  } as const;
  const earlier = { at: AT + 60 - DAY + 1, walk: done, gaps: gapsText(broken), items };

  test('reads the newest rows again and keeps what was named', () => {
    const begun = beginWalk(broken, earlier, false);
    expect(begun.items).toEqual([items[0]]);
    const facts = { ...incomplete(5n), ...unfaithful(0n, 7n), items: begun.items };
    expect(wholeWalk(facts, true, begun.walk)).toEqual([{ do: 'reread', seconds: DAY }]);
  });

  test('walks anew once a day, and as soon as a gap is another one', () => {
    const anew = { at: AT + 60, walk: NEW_WALK, items: [] };
    expect(beginWalk(broken, null, false)).toEqual(anew);
    expect(beginWalk(broken, { ...earlier, at: AT + 60 - DAY }, false)).toEqual(anew);
    const other = proofOf(aCurrency({ ...incomplete(5n), ...unfaithful(0n, 8n) }));
    expect(beginWalk(other, earlier, false)).toEqual(anew);
  });

  test('reads all rows three times a day where the gap is another one each time', () => {
    const reread = (seconds: number | null): Step => ({ do: 'reread', seconds });
    const seconds = [DAY, 7 * DAY, 35 * DAY, null];
    const other = proofOf(aCurrency(incomplete(6n)));
    /** What a run begins with after one that has read them so often. */
    const after = (wholes: number, at = AT) => {
      const all = Array.from({ length: wholes }, () => seconds.map(reread)).flat();
      const before = all.reduce((walk, step) => walked(walk, step), NEW_WALK);
      return beginWalk(other, { ...earlier, walk: before, at }, false);
    };
    const stepsAfter = (wholes: number, at = AT) =>
      wholeWalk(incomplete(6n), true, after(wholes, at).walk);
    expect(stepsAfter(2)).toEqual(seconds.map(reread));
    expect(stepsAfter(3)).toEqual([reread(DAY)]);
    expect(stepsAfter(3, AT + 60 - DAY)).toEqual(seconds.map(reread));
    // Their day is that of the first of them.
    expect(after(1)).toMatchObject({ at: AT, items: [], walk: { wholes: 1 } });
    // One that has not come so far counts for nothing.
    const short = walked(NEW_WALK, reread(DAY));
    const { walk, at } = beginWalk(other, { ...earlier, walk: short }, false);
    expect({ walk, at }).toEqual({ walk: NEW_WALK, at: AT + 60 });
  });

  test('walks anew once somebody has decided about what it has named', () => {
    const named = [anItem('foreign', 'a', 500n)];
    const sums = proofOf(aCurrency({ ...unfaithful(500n, 0n) }));
    const before = { ...earlier, gaps: gapsText(sums), items: named };
    expect(beginWalk(sums, before, false).items).toEqual(named);
    // Accepted, and another one of the same amount has come.
    const accepted = { ...unfaithful(1_000n, 0n), items: [anItem('accepted', 'a', 500n)] };
    const now = proofOf(aCurrency(accepted));
    expect(gapsText(now)).toBe(before.gaps);
    expect(beginWalk(now, before, false)).toEqual({ at: AT + 60, walk: NEW_WALK, items: [] });
  });

  test('walks anew as soon as the ledger’s rows leave something else of its balance', () => {
    const changed = (theirs: bigint) => [anItem('corrupt_debits', 'bln', 12_005n, theirs)];
    const counted = (found: readonly ProofItem[]) => proofOf(aCurrency({ items: found }));
    const other = anItem('other_in_ledger', 'd', 500n, 505n);
    const before = { ...earlier, gaps: '', items: [other, ...changed(12_000n)] };
    expect(beginWalk(counted(changed(12_000n)), before, true).items).toEqual(before.items);
    const posted = [anItem('corrupt_debits', 'bln', 12_105n, 12_100n)];
    expect(beginWalk(counted(posted), before, true).items).toEqual(before.items);
    const anew = { at: AT + 60, walk: NEW_WALK, items: [] };
    expect(beginWalk(counted([]), before, true)).toEqual(anew);
    expect(beginWalk(counted(changed(12_001n)), before, true)).toEqual(anew);
    // Not added up this time: nothing says that it is right by now.
    expect(beginWalk(counted([]), before, false).items).toEqual(before.items);
  });

  test('goes on the day after where the time of a step was up, until that has come to its end', () => {
    const step = { do: 'look_up', range: 'all' } as const;
    const stopped = walked(done, step, 'txn_5');
    const after = { ...earlier, at: AT + 60 - DAY, walk: stopped };
    const { walk } = beginWalk(broken, after, false);
    expect(walk).toEqual({ ...NEW_WALK, lookedUpTo: 'txn_5' });
    expect(walked(walk, { ...step, range: 'since_proof' }).lookedUpTo).toBe('txn_5');
    expect(walked(walk, step).lookedUpTo).toBeNull();
  });

  test('takes the gap for the same while a fitted reading only puts it at another cut', () => {
    const fitted = (amount: bigint) => gapsText(proofOf(aCurrency(incomplete(amount, false))));
    expect(fitted(5n)).toBe(fitted(6n));
    expect(fitted(5n)).not.toBe(fitted(0n));
    const exact = (amount: bigint) => gapsText(proofOf(aCurrency(incomplete(amount))));
    expect(exact(5n)).not.toBe(exact(6n));
  });
});
