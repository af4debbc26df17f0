/** What the table says of a code besides its text: whose it is, and what a refused key is. */
import type { ErrorInfo } from '../../src/domain/error-info';
import { ERRORS } from '../../src/domain/error-table';
import { errorInfo, isErrorCode, SyncError, type ErrorCode } from '../../src/domain/errors';
import { REASONS, type ReasonInfo } from '../../src/domain/reasons';

const codes = Object.keys(ERRORS).filter(isErrorCode);

test('a code that is named after Stripe or Blnk is of that side, and every other one is ours', () => {
  const sideByName = (code: string) => /^(STRIPE|BLNK)_/.exec(code)?.[1]?.toLowerCase() ?? 'ours';
  expect(codes.map((code) => [code, new SyncError(code).side])).toEqual(
    codes.map((code) => [code, sideByName(code)]),
  );
});

test('either side refuses a key as a whole or for want of a permission, and the schedule is paused', () => {
  const refusing = codes.filter((code) => new SyncError(code).refusesKey);
  expect(refusing).toEqual([
    'STRIPE_KEY_REJECTED',
    'STRIPE_PERMISSION_MISSING',
    'BLNK_KEY_REJECTED',
    'BLNK_PERMISSION_MISSING',
  ]);
  expect(refusing.map((code) => errorInfo(code).pauses)).toEqual(refusing.map(() => true));
});

test.each([
  ['OF_ANOTHER_VERSION', 'ours'],
  ['STRIPE_OF_ANOTHER_VERSION', 'stripe'],
  ['BLNK_OF_ANOTHER_VERSION', 'blnk'],
])('the code %s, which this version does not know, is of the side %s', (code, side) => {
  const info = errorInfo(code as ErrorCode);
  expect(info.side).toBe(side);
  expect(info.owner?.next).toContain('whoever runs this program');
});

test.each(Object.entries<ErrorInfo | ReasonInfo>({ ...ERRORS, ...REASONS }))(
  '%s has words for an owner only where they are other ones',
  (_code, { what, next, owner = {} }) => {
    expect(Object.values(owner)).not.toContain(what);
    expect(Object.values(owner)).not.toContain(next);
  },
);
