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
  ['the gross leg of a balance transaction', ids.legReferenceOf('txn_1', 'gross'), 'txn_1'],
  ['the gross leg of a charge', ids.legReferenceOf('ch_1', 'gross'), 'ch_1'],
  ['its fee', ids.legReferenceOf('txn_1', 'fee'), 'txn_1.fee'],
  ['its tax', ids.legReferenceOf('txn_1', 'tax'), 'txn_1.tax'],
  ['its withheld tax', ids.legReferenceOf('txn_1', 'withheld'), 'txn_1.withheld'],
  ['its network fee', ids.legReferenceOf('txn_1', 'network'), 'txn_1.network'],
  ['its application fee', ids.legReferenceOf('txn_1', 'appfee'), 'txn_1.appfee'],
  [
    'its fee of an unknown type',
    ids.legReferenceOf('txn_1', ids.feeLegOf('new_fee')),
    'txn_1.fee_new_fee',
  ],
  [
    'its fee of a type that is no word',
    ids.legReferenceOf('txn_1', ids.feeLegOf('New Fee')),
    'txn_1.fee_0fc8edf8e56d2bce0580',
  ],
  ['the customer’s side of a pay-in', ids.legReferenceOf('pi_1', 'fx1'), 'pi_1.fx1'],
  ['the customer’s side of a refund', ids.legReferenceOf('txn_1', 'fx1'), 'txn_1.fx1'],
  ['the settlement’s side', ids.legReferenceOf('txn_1', 'fx2'), 'txn_1.fx2'],
  ['what is applied', ids.legReferenceOf('txn_1', 'applied'), 'txn_1.applied'],
  ['what the opening balance holds', ids.legReferenceOf('txn_1', 'opening'), 'txn_1.opening'],
  ['what does not add up', ids.legReferenceOf('pi_1', 'diff'), 'pi_1.diff'],
  ['what a late row changes of it', ids.legReferenceOf('txn_1', 'diff'), 'txn_1.diff'],
  ['what is lost in a dispute', ids.legReferenceOf('txn_1', 'lost'), 'txn_1.lost'],
  ['its settlement’s side', ids.legReferenceOf('txn_1', 'lost.fx2'), 'txn_1.lost.fx2'],
  ['what a person has assigned', ids.legReferenceOf('txn_1', 'assigned'), 'txn_1.assigned'],
  [
    'what a person has assigned of a fee',
    ids.legReferenceOf('txn_1.fee_new_fee', 'assigned'),
    'txn_1.fee_new_fee.assigned',
  ],
  ['a reversal', ids.reversalReferenceOf('by hand'), 'by hand.reversed'],
  [
    'an opening balance',
    ids.openingReferenceOf('acct_1', 'USD', '2026-11-01'),
    'opening.acct_1.USD.2026-11-01',
  ],
  ['the balance of a payer', ids.balanceOf('cus_1'), '@cus_1'],
  ['the balance of a customer account', ids.balanceOf('acct_1A'), '@acct_1A'],
  [
    'the balance of a payer whose id is an address',
    ids.balanceOf('jenny@example.com'),
    '@customer:2bb1c62d1d1a1eb20e95be953a9c86c3',
  ],
  [
    'the balance of a payer called as ours',
    ids.balanceOf('stripe'),
    '@customer:2bed2032ed3d8300b7714ff77101e6c4',
  ],
  [
    'the balance of a payer called as the chart',
    ids.balanceOf('stripe-fees'),
    '@customer:d80445554ca3adabfafb6fb99fa0efff',
  ],
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
  ['a row without an id', ids.unreadableRowIdOf('null'), 'row_74234e98afe7498fb5da'],
  ['a schedule', ids.scheduleIdOf('inst_1'), 'stripe-sync:inst_1'],
  ['an ad-hoc workflow', ids.adhocWorkflowIdOf('inst_1'), 'stripe-sync:inst_1:adhoc'],
])('the id of %s is what it was in every version', (_what, made, frozen) => {
  expect(made).toBe(frozen);
});

test('no payer gets a balance of ours, and no two the same one', () => {
  const own = { source: '@psp:x', guest: '@walk-in' };
  const ours = ['@stripe', '@stripe-guest', '@stripe-fees', '@psp:x', '@psp:x-fees', '@walk-in'];
  const payers = [
    ...['stripe', 'stripe-guest', 'stripe-fees', 'psp:x', 'psp:x-fees', 'walk-in', 'cus_1'],
    ...['jenny@example.com', 'Jenny@example.com', 'cus.1', 'cus 1', '@stripe', 'x'.repeat(256)],
    ...['x'.repeat(257), 'ü', 'u\u0308', 'customer:1', ids.balanceOf('ü').slice(1)],
  ];
  const names = payers.map((payer) => ids.balanceOf(payer, own));
  expect(new Set(names).size).toBe(payers.length);
  expect(names.filter((name) => ours.includes(name))).toEqual([]);
  for (const name of names) expect(name).toMatch(/^@[A-Za-z0-9_:-]{1,255}$/);
});

test('no payer gets the balance of payouts or of lost disputes that the settings name', () => {
  const own = {
    source: '@stripe',
    guest: '@stripe-guest',
    payouts: '@bank',
    disputesLost: '@lost',
  };
  for (const payer of ['bank', 'lost']) {
    expect(ids.balanceOf(payer, own)).toMatch(/^@customer:/);
    expect(ids.balanceOf(payer, { source: '@stripe', guest: '@stripe-guest' })).toBe(`@${payer}`);
  }
});

test('a movement is found by either of its references', () => {
  expect(ids.movementOf('txn_1.fee')).toBe('txn_1.fee');
  expect(ids.movementOf(ids.secondReferenceOf('txn_1.fee'))).toBe('txn_1.fee');
});

test('no leg meets another one, a second reference or a queued child', () => {
  const types = ['a', 'fee', 'r2', 'fx1', 'A', 'a b', '', 'x'.repeat(40), 'x'.repeat(41)];
  const legs = [
    ...(['gross', 'fee', 'tax', 'withheld', 'network', 'appfee', 'fx1', 'fx2'] as const),
    ...(['applied', 'opening', 'diff', 'lost', 'lost.fx2', 'assigned'] as const),
    ...types.map(ids.feeLegOf),
  ];
  const references = legs.map((leg) => ids.legReferenceOf('txn_1', leg));
  const used = references.flatMap((one) => [one, `${one}.r2`, `${one}_q`, `${one}.r2_q`]);
  expect(new Set(used).size).toBe(4 * references.length);
});

test.each(['cus_1', 'acct_1', 'Stripe', 'stripes', 'x'.repeat(255), 'customer-7', '-', '0'])(
  'a plain id keeps the name that it had in every version: %s',
  (payer) => {
    const own = { source: '@stripe', guest: '@stripe-guest' };
    expect(ids.balanceOf(payer, own)).toBe(`@${payer}`);
  },
);

test('parts that join to the same text give different ids', () => {
  expect(ids.pageIdOf('ab', 'c', null)).not.toBe(ids.pageIdOf('a', 'bc', null));
});

test('a key cannot be read from its fingerprint', () => {
  expect(ids.keyFingerprintOf('rk_live_secret')).toMatch(/^[0-9a-f]{16}$/);
});

test.each([
  ['pi_3Abc', ['pi_3Abc']],
  ['pi_3Abc_q', ['pi_3Abc_q', 'pi_3Abc']],
  ['pi_3Abc.r2', ['pi_3Abc.r2', 'pi_3Abc']],
  ['pi_3Abc.r2_q', ['pi_3Abc.r2_q', 'pi_3Abc.r2', 'pi_3Abc']],
  ['txn_1.fee', ['txn_1.fee']],
])('a posting under %s may be of %j', (reference, movements) => {
  expect(ids.movementsBehind(reference)).toEqual(movements);
});
