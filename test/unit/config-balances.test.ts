/** Balances that cannot be booked between are refused as settings, before Blnk refuses each pay-in. */
import { loadConfig } from '../../src/config';
import { SyncError } from '../../src/domain/errors';

const settings = {
  STRIPE_SECRET_KEY: ['sk', 'test', 'abc'].join('_'),
  BLNK_API_KEY: 'blnk_key',
  BLNK_INSTANCE_ID: 'inst_1',
};

function refusedNames(balances: Record<string, string>): string[] {
  try {
    loadConfig('start', { ...settings, ...balances });
  } catch (error) {
    if (error instanceof SyncError) return Object.keys(error.details);
    throw error;
  }
  return [];
}

test.each<[what: string, balances: Record<string, string>, refused: string[]]>([
  ['guests as the source by default', { BLNK_GUEST_BALANCE: '@stripe' }, ['BLNK_GUEST_BALANCE']],
  [
    'the source as guests by default',
    { BLNK_SOURCE_BALANCE: '@stripe-guest' },
    ['BLNK_GUEST_BALANCE'],
  ],
  [
    'both by settings',
    { BLNK_SOURCE_BALANCE: '@till', BLNK_GUEST_BALANCE: '@till' },
    ['BLNK_GUEST_BALANCE'],
  ],
  ['different ones', { BLNK_SOURCE_BALANCE: '@till', BLNK_GUEST_BALANCE: '@guests' }, []],
  ['the defaults', {}, []],
])('one balance for two: %s', (_what, balances, refused) => {
  expect(refusedNames(balances)).toEqual(refused);
});
