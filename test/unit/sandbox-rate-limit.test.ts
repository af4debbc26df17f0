import { createRateLimit } from '../../sandbox/stripe/rate-limit';

function limitAt(perSecond: number) {
  let now = 1_000;
  const refuse = createRateLimit(perSecond, () => now);
  return { refuse, wait: (ms: number) => void (now += ms) };
}

test('lets a steady client through at the rate, for as long as it likes', () => {
  const { refuse, wait } = limitAt(25);
  for (let turn = 0; turn < 1_000; turn += 1) {
    expect(refuse()).toBeNull();
    wait(40);
  }
});

test('allows the requests of one second at once, then answers 429 with the reason', () => {
  const { refuse, wait } = limitAt(25);
  const answers = Array.from({ length: 26 }, () => refuse());
  expect(answers.slice(0, 25)).toEqual(Array(25).fill(null));
  expect(answers[25]).toMatchObject({
    status: 429,
    headers: { 'Stripe-Rate-Limited-Reason': 'global-rate' },
    json: { error: { code: 'rate_limit' } },
  });
  wait(40);
  expect(refuse()).toBeNull();
  expect(refuse()).not.toBeNull();
});

test('saves up no more than one second', () => {
  const { refuse, wait } = limitAt(2);
  wait(60_000);
  expect([refuse(), refuse(), refuse()].map((answer) => answer === null)).toEqual([
    true,
    true,
    false,
  ]);
});
