import { describeWait, distinctWaits, explainWait, type StepWait } from '../../src/domain/waits';

const wait = (given: Partial<StepWait> = {}): StepWait => ({
  ...{ step: 'fetchPayIns', code: 'STRIPE_UNAVAILABLE', details: {}, attempt: 4, nextTry: null },
  ...given,
});

test('a wait says what has failed, where, how often, and when it is tried again', () => {
  const nextTry = new Date('2026-01-31T08:15:00Z');
  const details = { host: 'api.stripe.com', cause: 'ECONNREFUSED' };
  expect(describeWait(wait({ details, nextTry }))).toBe(
    'STRIPE_UNAVAILABLE (host api.stripe.com, cause ECONNREFUSED), attempt 4, next try 2026-01-31 08:15:00 UTC',
  );
  expect(describeWait(wait())).toBe('STRIPE_UNAVAILABLE, attempt 4, under way');
  expect(explainWait(wait())).toMatch(/^Stripe cannot be reached.*[^.]$/);
});

test('many pages that wait for the same are one wait, the one tried most often', () => {
  const waits = [wait(), wait({ attempt: 7 }), wait({ code: 'BLNK_LOCKED', attempt: 1 })];
  expect(distinctWaits(waits).map(({ code, attempt }) => [code, attempt])).toEqual([
    ['STRIPE_UNAVAILABLE', 7],
    ['BLNK_LOCKED', 1],
  ]);
});
