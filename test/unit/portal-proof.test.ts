/** What the overview says of a proof, in each of its states. */
import { PROOF_STATES } from '../../src/domain/proof/proof';
import { render } from '../../src/portal/html';
import { headOf, proofCard } from '../../src/portal/proof-card';
import type { ProofStanding } from '../../src/portal/proof-standing';
import { unreadTexts } from '../../src/portal/proof-words';
import type { Visit } from '../../src/portal/visit';
import { PROOFS } from '../support/worlds/proven-instance';

const AT = 1_800_000_000;

const visit = {
  access: { balances: { source: '@stripe', guest: '@stripe-guest' } },
  view: { standing: 'ready' },
  at: (page: string) => `/${page}`,
} as unknown as Visit;

const standing = (
  state: keyof typeof PROOFS,
  fields: Partial<ProofStanding> = {},
): ProofStanding => ({
  newest: { id: 7, syncId: null, walk: null, proof: PROOFS[state](AT) },
  ...{ soundAt: AT, isStale: false, suspense: [] },
  ...fields,
});

const textOf = (of: ProofStanding | undefined) => {
  const card = proofCard(of, visit, true);
  return card === false
    ? ''
    : render(card)
        .replace(/<[^>]*>/g, ' ')
        .replace(/\s+/g, ' ');
};

test.each(PROOF_STATES)('the proof that stands for %s is of that state', (state) => {
  expect(PROOFS[state](AT).state).toBe(state);
});

test.each([
  ['proven', 'good'],
  ['explained', 'warn'],
  ['waiting', 'warn'],
  ['broken', 'bad'],
  ['not_read', 'quiet'],
] as const)('one that is %s is told as %s', (state, tone) => {
  expect(headOf(standing(state)).tone).toBe(tone);
});

test('a proof of which nothing is unexplained shows what lies between ledger and Stripe', () => {
  const text = textOf(standing('proven'));
  expect(text).toContain('USD Stripe 12,345.67 Ledger 12,445.67 12,345.67 12,445.67 0.00');
  expect(text).toContain('Booked, not yet in Stripe’s balance: -100.00 USD 1 pay-in, 40 s old');
  expect(text).not.toContain('Last proven');
});

test('a broken one names what was found with what to do, faults first, and the worst currency first', () => {
  const text = textOf(standing('broken', { soundAt: AT - 900 }));
  expect(text.indexOf('USD Stripe 12,345.67')).toBeLessThan(text.indexOf('GBP Stripe 388.60'));
  expect(text).toContain('63.80');
  expect(text).toMatch(
    /Posted by others : correction by hand -25.00 USD . .*accepts it with a note/,
  );
  expect(text.indexOf('Gone from the ledger')).toBeLessThan(text.indexOf('Was missing here'));
  expect(text).toContain('Last proven');
});

test('one that could not be read says which key lacks what', () => {
  expect(headOf(standing('not_read')).says).toContain('“Balance”');
  const proof = PROOFS.proven(AT);
  const [first] = proof.currencies;
  expect(unreadTexts({ ...proof, currencies: [{ ...first!, ledger: null }] })).toEqual([
    expect.stringContaining('The ledger’s balance was not told') as string,
  ]);
  const rows = (code: string, right: string | null) =>
    unreadTexts({ ...proof, currencies: [{ ...first!, unread: { code, right } }] }).join();
  expect(rows('STRIPE_PERMISSION_MISSING', 'rak_x_read')).toMatch(/\(rak_x_read\).*Grant it/);
  expect(rows('STRIPE_BAD_ANSWER', null)).toMatch(/\(STRIPE_BAD_ANSWER\)\. Stripe answered/);
  expect(unreadTexts({ ...proof, currencies: [] })).toEqual([
    'No currency has had any money or movement yet.',
  ]);
});

test('one of long ago is no good news', () => {
  const old = standing('proven', { isStale: true });
  expect(headOf(old)).toMatchObject({ tone: 'warn', title: 'Not proven for more than a day' });
  // The newest says more than that the last good one is old.
  expect(headOf({ ...standing('broken', { isStale: true }), soundAt: 5 }).tone).toBe('bad');
});

test('what stands in suspense is counted with its money', () => {
  const suspense = [
    { currency: 'GBP', count: 1, amount: -300n },
    { currency: 'USD', count: 2, amount: 7n },
  ];
  expect(textOf(standing('proven', { suspense }))).toContain(
    '3 movements stand in suspense : -3.00 GBP , 0.07 USD .',
  );
  const many = [{ currency: 'USD', count: 1_000, amount: 1n }];
  expect(textOf(standing('proven', { suspense: many }))).toContain(
    '1,000 movements or more stand in suspense , of the newest 1,000: 0.01 USD .',
  );
});

test('without movements there is one quiet line, and none before the first sync, which may begin them', () => {
  expect(textOf(undefined)).toContain('Only pay-ins are booked');
  expect(proofCard(undefined, visit, false)).toBe(false);
});

test('before the first proof it says when that comes', () => {
  const none = { newest: undefined, soundAt: null, isStale: false, suspense: [] };
  expect(textOf(none)).toContain('No proof yet');
});
