/** Frozen formats. A changed one posts every pay-in again, or loses what an earlier version has read. */
import * as ids from '../../src/domain/ids';

test.each<[what: string, made: string, frozen: string]>([
  ['the reference of a pay-in', ids.referenceOf('pi_3Abc'), 'pi_3Abc'],
  ['the child of a queued posting', ids.queuedChildOf('pi_3Abc'), 'pi_3Abc_q'],
  ['the second reference of a pay-in', ids.secondReferenceOf('pi_3Abc'), 'pi_3Abc.r2'],
  [
    'the child of a queued posting under it',
    ids.queuedChildOf(ids.secondReferenceOf('pi_3Abc')),
    'pi_3Abc.r2_q',
  ],
  ['the balance of a payer', ids.balanceOf('cus_1'), '@cus_1'],
  ['a sync', ids.syncIdOf('inst_1', 'stripe-sync:inst_1', 'run-1'), 'sync_7520ad492217670dffda'],
  [
    'a source in test mode',
    ids.sourceIdOf('inst_1', 'acct_1', false, 'http://127.0.0.1:5001'),
    'src_85ac6186fc24419c4873',
  ],
  [
    'a source in live mode',
    ids.sourceIdOf('inst_1', 'acct_1', true, 'http://127.0.0.1:5001'),
    'src_10817090cf14b268eaf9',
  ],
  ['a listing', ids.listingIdOf('src_1', 1700000000, 'sync_1'), 'lst_9f35b585709cf3b5cf03'],
  ['a window', ids.windowIdOf('sync_1', 'events', 1700000000, null, 0), 'win_43ff70ab598b3047cfe4'],
  [
    'a window that was cut off',
    ids.cutWindowIdOf('page_1', 1700000000),
    'win_6c63748be7d005b70823',
  ],
  ['a first page', ids.pageIdOf('sync_1', 'win_1', null), 'page_e3d1c2c3e10d17354a73'],
  ['a later page', ids.pageIdOf('sync_1', 'win_1', 'pi_9'), 'page_d0f04270dba3e9064888'],
  ['a key', ids.keyFingerprintOf('sk_test_sandbox'), 'f5c8bb5a44b28cfb'],
  ['an account', ids.accountKeyOf('acct_1', 'f5c8bb5a44b28cfb'), 'acct_1'],
  ['an account that its key may not read', ids.accountKeyOf(null, 'f5c8'), 'key_f5c8'],
  ['a schedule', ids.scheduleIdOf('inst_1'), 'stripe-sync:inst_1'],
  ['an ad-hoc workflow', ids.adhocWorkflowIdOf('inst_1'), 'stripe-sync:inst_1:adhoc'],
])('the id of %s is what it was in every version', (_what, made, frozen) => {
  expect(made).toBe(frozen);
});

test('parts that join to the same text give different ids', () => {
  expect(ids.pageIdOf('ab', 'c', null)).not.toBe(ids.pageIdOf('a', 'bc', null));
});

test('a key cannot be read from its fingerprint', () => {
  expect(ids.keyFingerprintOf('rk_live_secret')).toMatch(/^[0-9a-f]{16}$/);
});
