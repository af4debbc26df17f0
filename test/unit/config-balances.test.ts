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
  ['payouts to the source', { BLNK_PAYOUT_BALANCE: '@stripe' }, ['BLNK_PAYOUT_BALANCE']],
  ['losses to one of the chart', { DISPUTES_LOST_TO: '@stripe-disputes' }, ['DISPUTES_LOST_TO']],
  [
    'payouts to the guests',
    { BLNK_SOURCE_BALANCE: '@till', BLNK_GUEST_BALANCE: '@g', BLNK_PAYOUT_BALANCE: '@g' },
    ['BLNK_PAYOUT_BALANCE'],
  ],
  ['a bank and losses', { BLNK_PAYOUT_BALANCE: '@bank', DISPUTES_LOST_TO: '@losses' }, []],
  ['the defaults', {}, []],
])('one balance for two: %s', (_what, balances, refused) => {
  expect(refusedNames(balances)).toEqual(refused);
});

test('payouts and lost disputes go to the balances that are named for them, and to no other', () => {
  const named = { BLNK_PAYOUT_BALANCE: '@bank', DISPUTES_LOST_TO: '@losses' };
  const of = (more: Record<string, string>) =>
    loadConfig('start', { ...settings, ...more }).instance?.balances;
  expect(of(named)).toMatchObject({ payouts: '@bank', disputesLost: '@losses' });
  expect(of({ DISPUTES_LOST_TO: 'payer' })).toEqual({ source: '@stripe', guest: '@stripe-guest' });
});
