/** Movements of an account whose owner has confirmed another ledger. */
import { startBlnkStandIn, type BlnkStandIn } from '../../sandbox/blnk/start';
import { openMovements } from '../../src/engine/opening/opening';
import { planOpening } from '../../src/engine/opening/opening-plan';
import { connectDb, type Db } from '../../src/store/db';
import { latestProof } from '../../src/store/proofs';
import { currentSource, switchSource } from '../../src/store/sources';
import { testEnvironment } from '../support/environment';
import { aPosting } from '../support/worlds/a-posting';
import { startWorld, type DrivenWorld } from '../support/worlds/driver-world';

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

async function enable(): Promise<void> {
  const pause = (seconds: number) => {
    world.clock.advance(seconds);
    return Promise.resolve();
  };
  const parts = { db, ends: world.connection, show: () => undefined, pause };
  await openMovements(db, await planOpening(parts, { since: CUT_OVER, absorb: true }), 'anna');
}

/** As the owner confirms it. */
async function changeLedger(): Promise<void> {
  await world.configure({ ...SINCE, BLNK_URL: elsewhere.url, BLNK_API_KEY: 'other' });
  const left = (await currentSource(db, world.instanceId))!;
  const { address: ledgerAddress } = world.connection.ledger;
  await db.transaction((tx) => switchSource(tx, world.instanceId, { ...left, ledgerAddress }));
}

const booked = () => elsewhere.ledger.rows.map(({ reference }) => reference).sort();

test('the new ledger gets the pay-ins, and no movement as long as nobody enables them there', async () => {
  await changeLedger();
  await sync();
  await sync();
  expect(booked()).toEqual(['pi_before', 'pi_since']);
});

test('enabled there, it takes over all of them with an opening balance of its own', async () => {
  await changeLedger();
  await sync();
  await enable();
  await sync();
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
