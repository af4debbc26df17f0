import { STALE_AFTER } from '../../src/domain/proof/proof-history';
import { SUSPENSE_COUNTED } from '../../src/domain/movements/suspense-sum';
import { proofProblems, type ProofFacts } from '../../src/domain/proof/proof-problems';
import { problemsOf } from '../../src/domain/problems';
import type { ProofState } from '../../src/domain/proof/proof';
import { WELL } from '../support/worlds/well';

const NOW = WELL.now.getTime() / 1000;
const SINCE = NOW - 30 * STALE_AFTER;

const newest = (state: ProofState, unexplained: bigint | null = 0n) => ({
  ...{ at: NOW - 60, state },
  currencies: [
    { currency: 'EUR', state: 'proven' as const, unexplained: 0n },
    { currency: 'USD', state, unexplained },
  ],
});
const well: ProofFacts = {
  since: SINCE,
  proofs: [{ state: 'proven', at: NOW - 60 }],
  newest: newest('proven'),
  suspense: [],
};
const found = (facts: Partial<ProofFacts>) => proofProblems({ ...well, ...facts }, NOW);

const broken = [60, 120].map((ago) => ({ state: 'broken' as const, at: NOW - ago }));

test('nothing is wrong with what is proven', () => {
  expect(found({})).toEqual([]);
});

test('a broken proof is told with the currencies that are not proven, and by how much', () => {
  expect(found({ proofs: broken, newest: newest('broken', -700n) })).toEqual([
    { problem: 'PROOF_BROKEN', codes: ['USD'], amounts: { USD: '-700' } },
  ]);
});

test('a day without a proof is told with why there was none', () => {
  const old = [{ state: 'proven' as const, at: NOW - STALE_AFTER - 1 }];
  expect(found({ proofs: old, newest: newest('not_read', null) })).toEqual([
    { problem: 'PROOF_STALE', codes: ['NOT_READ', 'USD'], amounts: {} },
  ]);
  const { currencies, ...last } = newest('not_read', null);
  const lacking = { code: 'STRIPE_PERMISSION_MISSING', right: 'rak_x_read' };
  for (const [unread, why] of [
    [lacking, 'rak_x_read'],
    [{ code: 'TIMED_OUT', right: null }, 'TIMED_OUT'],
  ] as const) {
    const rows = { ...last, currencies: currencies.map((one) => ({ ...one, unread })) };
    expect(found({ proofs: old, newest: rows })).toMatchObject([
      { codes: ['NOT_READ', why, 'USD'] },
    ]);
  }
  expect(found({ proofs: [], newest: null })).toEqual([
    { problem: 'PROOF_STALE', codes: [], amounts: {} },
  ]);
});

test('proofs of before movements were enabled, or of a source that was left, say nothing', () => {
  const facts = { since: NOW - 10, proofs: broken, newest: newest('broken') };
  expect(found(facts)).toEqual([]);
  expect(found({ since: NOW - 60, proofs: broken.slice(0, 1) })).toEqual([]);
  // Nor the newest of them, once there was none for a day.
  const since = NOW - STALE_AFTER - 1;
  const before = { ...newest('broken', -700n), at: since - 1 };
  expect(found({ since, proofs: [], newest: before })).toEqual([
    { problem: 'PROOF_STALE', codes: [], amounts: {} },
  ]);
});

test('what stands in suspense is told as one problem, whatever the proof says', () => {
  const suspense = [
    { currency: '', count: 1, amount: 5n },
    { currency: 'GBP', count: 1, amount: 3n },
    { currency: 'USD', count: 2, amount: -12n },
  ];
  expect(found({ suspense })).toEqual([
    { problem: 'SUSPENSE', codes: ['GBP', 'USD'], amounts: { GBP: '3', USD: '-12' } },
  ]);
  const many = [{ currency: 'USD', count: SUSPENSE_COUNTED, amount: 5n }];
  expect(found({ suspense: many })).toEqual([{ problem: 'SUSPENSE', codes: ['USD'], amounts: {} }]);
  expect(found({ suspense, proofs: broken }).map(({ problem }) => problem)).toEqual([
    'PROOF_BROKEN',
    'SUSPENSE',
  ]);
});

test('they are problems of the instance as a whole, while access to it is in force', () => {
  const proof = { ...well, proofs: broken, newest: newest('broken', 5n) };
  expect(problemsOf({ ...WELL, proof })).toEqual([
    { problem: 'PROOF_BROKEN', subject: '', codes: ['USD'], amounts: { USD: '5' } },
  ]);
  expect(problemsOf({ ...WELL, proof, active: false })).toEqual([]);
});
