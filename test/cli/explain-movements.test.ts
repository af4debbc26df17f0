/** `explain` of what moved Stripe's balance: what was booked of it, why not, and what would be. */
import { assignedLeg } from '../../src/domain/movements/assignment';
import { UNPLACED } from '../../src/domain/ids';
import { openingBalanceLegs } from '../../src/domain/kinds/opening-balance';
import { findLeg, stageLegs } from '../../src/store/legs';
import { switchSource } from '../../src/store/sources';
import { stageAssignment } from '../../src/store/suspense';
import {
  aPayIn,
  aSettledStore,
  begin,
  book,
  settle,
  settled,
  stage,
  type RunningSync,
  type SettledStore,
} from '../support/databases/settled-store';
import {
  aBalanceTransaction,
  aCharge,
  aDispute,
  aFee,
  aRefund,
  booked,
} from '../support/worlds/a-balance-transaction';
import { startCommandWorld, type CommandWorld } from '../support/worlds/command-world';
import { BALANCES, CHART, REFUND } from '../support/worlds/legs-of-row';

let world: CommandWorld;
let store: SettledStore;
let sync: RunningSync;

beforeAll(async () => void (world = await startCommandWorld()));
afterAll(() => world.close());
beforeEach(async () => {
  store = await aSettledStore(world.db);
  sync = await begin(store);
});

const explain = (id: string, ...more: string[]) =>
  world.command(store.instanceId, 'explain', id, ...more);

const CHARGE = aBalanceTransaction({
  id: 'txn_charge',
  fee: 320n,
  feeDetails: [aFee(320n)],
  source: aCharge(),
});
const PAYOUT = aBalanceTransaction({
  ...{ id: 'txn_payout', type: 'payout', category: 'payout', amount: -5_000n },
  source: { object: 'payout', id: 'po_1' },
});

async function carry(rows: readonly ReturnType<typeof settled>[], aside?: (id: string) => boolean) {
  const { pageId } = await stage(sync, rows);
  await settle(sync, pageId, aside);
}

test('a payout is told with its postings, and whether the ledger still has them', async () => {
  await carry([settled(PAYOUT)]);
  const gone = await explain('po_1', '--json');
  expect(gone.json).toMatchObject({
    ...{ id: 'po_1', enabled: true },
    balanceTransactions: [
      {
        ...{ id: 'txn_payout', kept: true, kind: 'payout', net: '-5000', source: 'po_1' },
        verdict: expect.stringMatching(/^It was in the ledger and is not any more/) as string,
        legs: [
          {
            ...{ reference: 'txn_payout', from: '@stripe-payouts', to: '@stripe', amount: '5000' },
            ...{ state: 'posted', blnkTransactionId: 'blnk_txn_payout', ledger: 'post' },
          },
        ],
      },
    ],
  });
  await world.post('txn_payout', 5_000, '@stripe-payouts', '@stripe');
  const { text } = await explain('txn_payout');
  expect(text).toContain('txn_payout  payout (po_1), net -50.00 USD, 2026-11-05 12:00:00 UTC\n');
  expect(text).toMatch(
    / {2}txn_payout +50.00 USD +@stripe-payouts +to @stripe +posted, blnk_txn_payout\n/,
  );
  expect(text).toContain('\n  Booked.\n');
});

test.each([
  ['re_1', REFUND, booked()],
  [
    'du_1',
    { type: 'adjustment', category: 'dispute', amount: -9_900n, source: aDispute() },
    booked(),
  ],
  [
    'tr_1',
    {
      type: 'transfer',
      category: 'transfer',
      source: { object: 'transfer', id: 'tr_1', reversalId: null, destination: 'acct_2' },
    },
    undefined,
  ],
] as const)('%s is found by its own id', async (id, fields, known) => {
  await carry([settled(aBalanceTransaction({ id: `txn_of_${id}`, ...fields }), known)]);
  const of = id === 'tr_1' ? null : 'pi_1';
  expect((await explain(id, '--json')).json).toMatchObject({
    balanceTransactions: [{ id: `txn_of_${id}`, source: id, of }],
  });
  const { text } = await explain(id);
  expect(text).toContain(of === null ? `(${id}), net` : `(${id}) of ${of}, net`);
});

test('a leg is explained as its row', async () => {
  await carry([settled(CHARGE)]);
  const [leg, row] = [
    await explain('txn_charge.fee', '--json'),
    await explain('txn_charge', '--json'),
  ];
  expect(leg.json).toEqual(row.json);
  await expect(explain('po_1.fee')).rejects.toMatchObject({ code: 'USAGE' });
});

test('what a proof or a conflict names is explained as the payment that it is a leg of', async () => {
  await book(sync, [aPayIn()]);
  await carry([settled(CHARGE, booked())]);
  const { json } = await explain('pi_1', '--json');
  for (const leg of ['fx1', 'diff', 'opening', 'diff.assigned']) {
    expect((await explain(`pi_1.${leg}`, '--json')).json).toEqual(json);
  }
  const lone = aCharge({ id: 'ch_apart', paymentIntentId: null });
  await world.stripe.world.charge({ id: 'ch_apart', amount: 10_000 });
  await carry([settled(aBalanceTransaction({ id: 'txn_apart', source: lone }))]);
  expect((await explain('ch_apart.fx1')).text).toContain('Charge   ch_apart');
});

test('an opening balance is told with its posting, and whether the ledger still has it', async () => {
  const beginning = { stripeAccount: 'acct_1', currency: 'USD', cutOver: CHART.cutOver };
  const [leg] = openingBalanceLegs({ ...beginning, amount: 38_747n }, BALANCES);
  const nobody = { pageId: UNPLACED, syncId: UNPLACED, listing: UNPLACED, takesOver: false };
  const claim = { ...store, ...nobody, sourceBalance: BALANCES.source };
  await stageLegs(world.db, claim, [leg!]);
  const { reference } = leg!;
  const waits = await explain(reference);
  expect(waits.text).toMatch(/^opening\.acct_1\.USD\S+ {2}what Stripe held at the cut-over/);
  expect(waits.text).toContain('Waits for the next sync, which posts it.');
  await world.db.query(
    `update movements set state = 'posted' where instance_id = $1 and movement_id = $2`,
    [store.instanceId, reference],
  );
  expect((await explain(reference, '--json')).json).toMatchObject({
    id: reference,
    opening: {
      ...{ reference, amount: '38747', from: '@stripe', to: '@stripe-opening', state: 'posted' },
      verdict: expect.stringMatching(/^It was in the ledger and is not any more/) as string,
    },
  });
  await world.post(reference, 38_747, '@stripe', '@stripe-opening');
  expect((await explain(reference)).text).toContain('\n  Booked.\n');
  await expect(explain('opening.acct_2.USD.2026-01-01')).rejects.toMatchObject({
    code: 'NOT_FOUND',
  });
});

test('what is set aside says why, and what to do', async () => {
  await carry([settled(PAYOUT)], () => true);
  const { text } = await explain('po_1');
  expect(text).toContain('quarantined (CONFLICT)');
  expect(text).toMatch(
    /Set aside: Blnk holds this reference with another amount.*`quarantine retry`/,
  );
});

test('what is in suspense says how it gets out, until it is assigned', async () => {
  const row = settled(aBalanceTransaction({ type: 'surprise', category: null }));
  await carry([row]);
  await world.post('txn_1', 10_000, '@stripe', '@stripe-suspense');
  expect((await explain('txn_1')).text).toContain(
    'In suspense: nothing tells what it is for. Once you know, `suspense assign txn_1`',
  );
  const leg = await findLeg(world.db, store, 'txn_1');
  const assigned = assignedLeg(leg!, '@cus_1', BALANCES, { by: 'ada', note: 'why' });
  await stageAssignment(world.db, { ...store, balances: BALANCES }, 'txn_1', assigned);
  const { text } = await explain('txn_1');
  expect(text).toContain('txn_1.assigned');
  expect(text).toContain('Waits for the next sync, which posts it.');
  await world.db.query(
    `update movements set state = 'posted' where instance_id = $1 and movement_id = $2`,
    [store.instanceId, 'txn_1.assigned'],
  );
  await world.post('txn_1.assigned', 10_000, '@stripe-suspense', '@cus_1');
  expect((await explain('txn_1')).text).toContain('Booked; assigned by ada: why');
});

test('what was assigned in a ledger that was left is in suspense in the one that there is now', async () => {
  await carry([settled(aBalanceTransaction({ id: 'txn_left', type: 'surprise', category: null }))]);
  const leg = await findLeg(world.db, store, 'txn_left');
  const assigned = assignedLeg(leg!, '@cus_1', BALANCES, { by: 'ada', note: 'why' });
  await stageAssignment(world.db, { ...store, balances: BALANCES }, 'txn_left', assigned);
  await world.db.query(
    `update movements set state = 'posted' where instance_id = $1 and leg = 'assigned'`,
    [store.instanceId],
  );
  const account = { stripeAccount: `acct_${store.instanceId}`, livemode: false };
  const ledger = { ledgerAddress: 'http://another', keyFingerprint: 'fingerprint' };
  const { sourceId } = await world.db.transaction((tx) =>
    switchSource(tx, store.instanceId, { ...account, ...ledger }),
  );
  // As a listing takes over what it lists.
  await world.db.query(
    `update movements set source_id = $2 where instance_id = $1 and leg <> 'assigned'`,
    [store.instanceId, sourceId],
  );
  await world.post('txn_left', 10_000, '@stripe', '@stripe-suspense');
  const { text } = await explain('txn_left');
  expect(text).toContain('In suspense: nothing tells what it is for.');
  expect(text).not.toContain('txn_left.assigned');
});

test('rows of no posting say why', async () => {
  await book(sync, [aPayIn()]);
  await carry([
    settled({ ...CHARGE, fee: 0n, net: CHARGE.amount, feeDetails: [] }, booked()),
    settled(aBalanceTransaction({ id: 'txn_issuing', balanceType: 'issuing' })),
    settled(aBalanceTransaction({ id: 'txn_before', created: CHART.cutOver - 1 })),
  ]);
  expect((await explain('txn_charge')).text).toContain('it is the money of its pay-in');
  expect((await explain('txn_issuing')).text).toContain(
    'Of another of Stripe’s balances (issuing)',
  );
  expect((await explain('txn_before')).text).toContain('From before the cut-over');
});

test('a row that no sync has listed is asked for at Stripe, with what would be booked', async () => {
  const { world: stripe } = world.stripe;
  await stripe.pay({ id: 'pi_far', amount: 5_000, currency: 'usd', customer: 'cus_1' });
  await stripe.money.payout({ amount: 1_000 });
  const rows = await transactions();
  const payout = rows.find(({ type }) => type === 'payout')!;
  const told = await explain(payout.id, '--json');
  expect(told.json).toMatchObject({
    enabled: true,
    balanceTransactions: [
      {
        ...{ kept: false, legs: [], verdict: 'Not listed yet: the next sync books it.' },
        wouldBook: [{ reference: payout.id, from: '@stripe-payouts', amount: '1000' }],
      },
    ],
  });
  const other = await aSettledStore(world.db, 'none');
  const { text } = await world.command(other.instanceId, 'explain', payout.id);
  expect(text).toMatch(/@stripe-payouts +to @stripe +would be booked\n/);
  expect(text).toContain('The movements of this instance are not carried over');
});

async function transactions(): Promise<{ id: string; type: string }[]> {
  const response = await fetch(`${world.stripe.url}/v1/balance_transactions?limit=10`, {
    headers: { Authorization: 'Bearer sk_test_sandbox' },
  });
  const { data } = (await response.json()) as { data: { id: string; type: string }[] };
  return data;
}

test('what nobody knows is not found, and says what that may mean', async () => {
  await expect(explain('txn_nobody')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(explain('po_nobody')).rejects.toThrow(/newer than the last sync/);
  const other = await aSettledStore(world.db, 'none');
  const asked = world.command(other.instanceId, 'explain', 'po_1');
  await expect(asked).rejects.toThrow(/are not carried over/);
});

test('a payment is told with its movements, and an instance that is not enabled as before', async () => {
  await book(sync, [aPayIn()]);
  await carry([
    settled(CHARGE, booked()),
    settled(aBalanceTransaction({ id: 'txn_back', ...REFUND, source: aRefund() }), booked()),
  ]);
  await world.stripe.world.pay({ id: 'pi_1', amount: 10_000, currency: 'usd', customer: 'cus_1' });
  const [text, json] = [await explain('pi_1'), await explain('pi_1', '--json')];
  expect(json.json).toMatchObject({
    paymentIntentId: 'pi_1',
    balanceTransactions: [
      { id: 'txn_back' },
      { id: 'txn_charge', legs: [{ reference: 'txn_charge.fee' }] },
    ],
  });
  expect(text.text).toMatch(/Verdict [^]*\n\ntxn_back {2}refund \(re_1\) of pi_1, net -25.00 USD/);
  const other = await aSettledStore(world.db, 'none');
  const { json: plain } = await world.command(other.instanceId, 'explain', 'pi_1', '--json');
  expect(plain).not.toHaveProperty('balanceTransactions');
});

test('a charge without a PaymentIntent is told with its movements', async () => {
  await world.stripe.world.charge({ id: 'ch_lone', amount: 10_000 });
  const source = aCharge({ id: 'ch_lone', paymentIntentId: null });
  expect((await explain('ch_lone')).text).toContain(
    'No sync has listed a balance transaction of it',
  );
  await carry([settled(aBalanceTransaction({ id: 'txn_lone', source }))]);
  const { text } = await explain('ch_lone');
  expect(text).toMatch(/ch_lone +100.00 USD +@stripe +to @cus_1/);
  expect(text).not.toContain('Else book it by hand');
});

test('what nothing else tells is said in Stripe’s words, and no other row’s', async () => {
  const description = 'correction of a fee';
  const adjustment = { type: 'adjustment', category: 'other_adjustment', amount: 7n, description };
  const charge = { ...CHARGE, description: 'Order 7 of Jenny Rosen' };
  await carry([settled(aBalanceTransaction({ id: 'txn_adj', ...adjustment })), settled(charge)]);
  expect((await explain('txn_adj')).text).toContain('\n  Stripe’s words: correction of a fee\n');
  expect((await explain('txn_adj', '--json')).json).toMatchObject({
    balanceTransactions: [{ description }],
  });
  expect((await explain('txn_charge')).text).not.toContain('Jenny');
});
