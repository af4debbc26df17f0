/** Movements of an account whose owner has confirmed another ledger. */
import { startBlnkStandIn, type BlnkStandIn } from '../../sandbox/blnk/start';
import { assignedLeg } from '../../src/domain/movements/assignment';
import { instanceSettings } from '../../src/engine/instance-settings';
import { openMovements } from '../../src/engine/opening/opening';
import { connectDb, type Db } from '../../src/store/db';
import { legsInSuspense, stageAssignment } from '../../src/store/suspense';
import { latestProof } from '../../src/store/proofs';
import { currentSource, switchSource } from '../../src/store/sources';
import { balanceOf } from '../support/books/money-books';
import { testEnvironment } from '../support/environment';
import { aPosting } from '../support/worlds/a-posting';
import { startWorld, type DrivenWorld } from '../support/worlds/driver-world';
import { planIn } from '../support/worlds/planned-opening';

const at = (time: string) => Date.parse(time) / 1000;
const CUT_OVER = at('2026-06-01T00:00:00Z');
const SINCE = { SYNC_SINCE: '2026-05-20' };
const never = new AbortController().signal;

let db: Db;
let world: DrivenWorld;
let elsewhere: BlnkStandIn;
beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(() => db.close());

beforeEach(async () => {
  world = await startWorld(db, { startAt: at('2026-06-11T12:00:00Z'), settings: SINCE });
  elsewhere = await startBlnkStandIn({ clock: world.clock });
  elsewhere.keys.core.set('other', 'master');
  await pay('pi_before', '2026-05-25T10:00:00Z');
  await pay('pi_since', '2026-06-02T10:00:00Z', 7_000);
  await world.stripe.world.money.payout({ amount: 2_000, at: at('2026-06-05T10:00:00Z') });
  await sync();
  // The two ledgers do not begin with the same.
  const others = { reference: 'by_hand', source: '@stripe', destination: '@bank' };
  await world.connection.ledger.post(aPosting({ ...others, amount: 700n }), never);
  await enable();
  await sync();
});
afterEach(() => Promise.all([world.close(), elsewhere.close()]));

const pay = (id: string, time: string, amount = 10_000) =>
  world.stripe.world.pay({
    ...{
      id,
      amount,
      currency: 'usd',
      customer: 'cus_1',
      createdAt: at(time),
      succeededAt: at(time),
    },
  });

async function sync(): Promise<void> {
  world.clock.advance(60);
  expect((await world.driver.sync()).row?.status).toBe('completed');
}

async function enable(since = CUT_OVER): Promise<void> {
  await openMovements(db, await planIn(world, since, true), 'anna');
}

/** As the owner confirms it. */
async function changeLedger(): Promise<void> {
  await world.configure({ ...SINCE, BLNK_URL: elsewhere.url, BLNK_API_KEY: 'other' });
  const left = (await currentSource(db, world.instanceId))!;
  const { address: ledgerAddress } = world.connection.ledger;
  await db.transaction((tx) => switchSource(tx, world.instanceId, { ...left, ledgerAddress }));
}

/** It is the ledger from now on, with the movements since a cut-over. */
async function goOnElsewhere(since = CUT_OVER): Promise<void> {
  await changeLedger();
  await sync();
  await enable(since);
  await sync();
}

const booked = () => elsewhere.ledger.rows.map(({ reference }) => reference).sort();
const holds = (name: string) => balanceOf({ blnk: elsewhere }, name);
const stateOfProof = async () => (await latestProof(db, world.instanceId))?.proof.state;

/** References of the rows of Stripe's about an object. */
function rowsOf(id: string): string[] {
  const rows = world.stripe.world.account.transactions.stored.rows();
  return rows.flatMap(({ transaction }) => (transaction.source === id ? transaction.id : []));
}

test('the new ledger gets the pay-ins, and no movement as long as nobody enables them there', async () => {
  await changeLedger();
  await sync();
  await sync();
  expect(booked()).toEqual(['pi_before', 'pi_since']);
});

test('enabled there, it takes over all of them with an opening balance of its own', async () => {
  await goOnElsewhere();
  const { proof } = (await latestProof(db, world.instanceId))!;
  expect(proof).toMatchObject({ state: 'proven', currencies: [{ unexplained: 0n }] });
  const { stripeAccount } = (await currentSource(db, world.instanceId))!;
  const opening = booked().filter((reference) => reference.startsWith('opening.'));
  expect(opening).toEqual([`opening.${stripeAccount}.USD.2026-06-01`]);
  // When the old one took them is no time of this one's, where they were posted once.
  const again = await db.query(
    'select movement_id from movements where instance_id = $1 and first_booked_at is not null',
    [world.instanceId],
  );
  expect(again).toEqual([]);
});

describe('what is kept beside the rows says nothing of what the new ledger holds', () => {
  test('a dispute that was lost is booked as lost there too', async () => {
    const { money } = world.stripe.world;
    const { id: dispute } = await money.dispute({ payment: 'pi_since', amount: 6_000, fee: 0 });
    await money.closeDispute({ dispute, status: 'lost' });
    await sync();
    const lost = rowsOf(dispute).map((id) => `${id}.lost`);
    expect(world.blnk.ledger.rows.map(({ reference }) => reference)).toEqual(
      expect.arrayContaining(lost),
    );
    await goOnElsewhere();
    expect(booked()).toEqual(expect.arrayContaining(lost));
    expect(holds('@stripe-disputes')).toEqual({});
    expect(holds('@cus_1')).toEqual({ USD: 11_000n });
    expect(await stateOfProof()).toBe('proven');
  });

  test('what began before the cut-over of the one that was left has begun since that of this one', async () => {
    const { world: account } = world.stripe;
    const chargeCreatedAt = at('2026-05-30T10:00:00Z');
    const debit = { status: 'processing', paymentMethodType: 'sepa_debit' } as const;
    const of = { amount: 7_000, currency: 'usd', customer: 'cus_2', settle: { fee: 0 } };
    const { id } = await account.create({ ...debit, ...of, chargeCreatedAt });
    await sync();
    // More rows between the two than are read at once.
    for (let row = 0; row < 501; row += 1) await account.money.chargeFee({ amount: 1 });
    world.clock.advance(60);
    await account.money.failDebit({ payment: id, fee: 0 });
    await sync();
    await goOnElsewhere(at('2026-05-26T00:00:00Z'));
    expect(holds('@stripe-unapplied')).toEqual({});
    expect(await stateOfProof()).toBe('proven');
  });

  test('what a person had assigned from suspense is in suspense again, until somebody says it again', async () => {
    const { id } = await world.stripe.world.money.adjustment({ amount: 70 });
    await sync();
    const assign = async () => {
      const { sourceId } = (await currentSource(db, world.instanceId))!;
      const { balances } = instanceSettings(world.connection.config);
      const [leg] = await legsInSuspense(db, sourceId, 10);
      const assignment = assignedLeg(leg!, '@other', balances, { by: 'anna', note: 'known' });
      const place = { instanceId: world.instanceId, sourceId, balances };
      expect(await stageAssignment(db, place, leg!.id, assignment)).toBeUndefined();
      await sync();
      expect(await legsInSuspense(db, sourceId, 10)).toEqual([]);
    };
    await assign();
    await goOnElsewhere();
    expect(holds('@stripe-suspense')).toEqual({ USD: 70n });
    await assign();
    expect(holds('@stripe-suspense')).toEqual({});
    expect(booked()).toContain(`${id}.assigned`);
  });

  test('an opening balance that the one that was left never got is posted here', async () => {
    const { stripeAccount, sourceId } = (await currentSource(db, world.instanceId))!;
    const reference = `opening.${stripeAccount!}.USD.2026-06-01`;
    // Frozen there, and not sent yet.
    await db.query(
      `update movements set state = 'staged', sync_id = 'none', page_id = 'none' where source_id = $1
       and movement_id = $2`,
      [sourceId, reference],
    );
    await goOnElsewhere();
    expect(booked()).toContain(reference);
    expect(await stateOfProof()).toBe('proven');
  });
});
