/** What a run looks for in the ledger, where its attempts end before they are done. */
import { SyncError } from '../../src/domain/errors';
import type { Connection } from '../../src/engine/deps';
import { connectDb, type Db } from '../../src/store/db';
import { latestProof } from '../../src/store/proofs';
import { testEnvironment } from '../support/environment';
import { startWorld, type DrivenWorld } from '../support/worlds/driver-world';

const START = Date.UTC(2026, 5, 1, 12) / 1000;
const HOUR = 3_600;
const { signal } = new AbortController();

let db: Db;
let world: DrivenWorld;
/** With the answer to its posting the ledger goes away; null: it stays. */
let lostWith: string | null;
let isAway: boolean;

beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(() => db.close());
beforeEach(async () => {
  lostWith = null;
  isAway = false;
  const settings = { SYNC_SINCE: 'all', MOVEMENTS: 'on' };
  world = await startWorld(db, { startAt: START, settings, through });
  await world.stripe.world.pay({ id: 'pi_a', amount: '10000', customer: 'cus_A' });
  await world.stripe.world.money.chargeFee({ amount: '600' });
  world.clock.advance(HOUR);
  await world.driver.sync();
  expect(await later()).toMatchObject({ state: 'proven' });
});
afterEach(() => world.close());

function through(connection: Connection): Connection {
  const { ledger } = connection;
  const away = new SyncError('BLNK_UNAVAILABLE');
  const lookUp: typeof ledger.lookUp = async (...of) => {
    if (isAway) throw away;
    return ledger.lookUp(...of);
  };
  const post: typeof ledger.post = async (posting, ...of) => {
    if (isAway) throw away;
    const posted = await ledger.post(posting, ...of);
    isAway = posting.reference === lostWith;
    if (isAway) throw away;
    return posted;
  };
  return { ...connection, ledger: { ...ledger, lookUp, post } };
}

/** The proof of a later run, of which Stripe tells something new. */
async function later() {
  world.clock.advance(HOUR);
  await world.stripe.world.money.chargeFee({ amount: '1' });
  world.clock.advance(60);
  const { syncId, row } = await world.driver.sync();
  expect(row).toMatchObject({ error: null, status: 'completed' });
  const proof = await latestProof(db, world.instanceId);
  expect(proof?.syncId).toBe(syncId);
  return { state: proof?.proof.state };
}

test('a deleted row posted again without the answer is counted once at both balances by the run that finds it', async () => {
  const { rows, forget } = world.blnk.ledger;
  const gone = rows.find(({ reference }) => reference.startsWith('txn_'))!;
  // So many newer postings that a run does not ask for the older ones by itself.
  for (let count = 0; count < 100; count += 1) {
    await world.stripe.world.money.chargeFee({ amount: '1' });
  }
  await later();
  forget([gone.seq], true);
  lostWith = gone.reference;
  world.clock.advance(HOUR);
  expect((await world.driver.sync()).row?.status).toBe('failed');
  expect(isAway).toBe(true);
  isAway = false;
  lostWith = null;
  expect(await later()).toMatchObject({ state: 'proven' });
  const { ledger } = world.connection;
  const names = [gone.source.indicator, gone.destination.indicator];
  const balances = await ledger.turnoversOf(names, signal);
  expect(balances).toHaveLength(2);
  for (const { balanceId, debits, credits } of balances) {
    const sum = await ledger.turnoversAt(balanceId, new Date('2999-01-01'), signal);
    expect(sum).toEqual({ debits, credits });
  }
});
