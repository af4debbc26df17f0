import { isReasonCode, nextOfMovement, REASONS, retryDelaySeconds } from '../../src/domain/reasons';

const MINUTE = 60;
const DAY = 24 * 60 * MINUTE;

test('a passing reason is tried again after a minute, doubling up to a day', () => {
  const delays = Array.from({ length: 13 }, (_, index) => retryDelaySeconds(index + 1));
  expect(delays.map((seconds) => seconds / MINUTE)).toEqual([
    1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 1440, 1440,
  ]);
});

test('after any number of attempts it is a day', () => {
  expect(retryDelaySeconds(2_000_000_000)).toBe(DAY);
});

test('only what the ledger or its state caused passes by itself', () => {
  const passing = Object.entries(REASONS).filter(([, reason]) => reason.kind === 'passing');
  expect(passing.map(([code]) => code).sort()).toEqual([
    'BLNK_FAILED',
    'BLNK_REFUSED',
    'EXISTS_UNVERIFIED',
    'NOT_APPLIED',
    'REFERENCE_PENDING',
  ]);
});

test('names of objects in general are no reasons', () => {
  expect(isReasonCode('CONFLICT')).toBe(true);
  expect(['conflict', '', 'toString', 'constructor', '__proto__'].filter(isReasonCode)).toEqual([]);
});

test('a movement that is booked by hand is accepted: it is never closed', () => {
  const ofPayIns = ['CHANGED_SINCE_CLOSED', 'AMOUNT_ZERO'];
  for (const [code, reason] of Object.entries(REASONS)) {
    if (!ofPayIns.includes(code)) expect(nextOfMovement(reason)).not.toMatch(/close/);
  }
  expect(nextOfMovement(REASONS.AMOUNT_UNSAFE)).toMatch(/^Book it by hand.*`reconcile accept`\.$/);
});
