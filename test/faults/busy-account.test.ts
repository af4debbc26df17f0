/** An account on which fifty rows come about in the second of each reading of its balance. */
import type { Connection } from '../../src/engine/deps';
import type { ProofState } from '../../src/domain/proof/proof';
import { connectDb, type Db } from '../../src/store/db';
import { latestProof } from '../../src/store/proofs';
import { testEnvironment } from '../support/environment';
import { startWorld, type DrivenWorld } from '../support/worlds/driver-world';

const START = Date.UTC(2026, 5, 1, 12) / 1000;
const A_SECOND = 50;
/** So long that a later run may judge the reading of an earlier one. */
const LATER = 180;

let db: Db;
let world: DrivenWorld;
/** Unix seconds at which the balance was read, the newest last. */
let readAt: number[];
beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(() => db.close());
beforeEach(async () => {
  readAt = [];
  const settings = { MOVEMENTS: 'on', SYNC_SINCE: 'all' };
  world = await startWorld(db, { startAt: START, settings, through });
});
afterEach(() => world.close());

/** The balance is read in the middle of a second: it counts one half of its rows. */
function through(connection: Connection): Connection {
  const { stripe } = connection;
  const readBalance: typeof stripe.readBalance = async (...asked) => {
    await rows(A_SECOND / 2);
    const read = await stripe.readBalance(...asked);
    readAt.push(read.at);
    await rows(A_SECOND / 2);
    return read;
  };
  return { ...connection, stripe: { ...stripe, readBalance } };
}

async function rows(count: number): Promise<void> {
  const { money } = world.stripe.world;
  for (let one = 0; one < count; one += 1) await money.chargeFee({ amount: '100' });
}

interface Said {
  readonly state: ProofState;
  /** Unix seconds that the proof speaks of. */
  readonly asOf: number | null;
}

async function run(): Promise<Said> {
  world.clock.advance(LATER);
  const { syncId, row } = await world.driver.sync();
  expect(row).toMatchObject({ status: 'completed', error: null });
  const stored = (await latestProof(db, world.instanceId))!;
  expect(stored.syncId).toBe(syncId);
  const [usd] = stored.proof.currencies;
  return { state: stored.proof.state, asOf: usd!.asOf };
}

test('it is proven as of the readings before, two of each run, and never while a row is hidden', async () => {
  expect((await run()).state).toBe('waiting');
  expect(await run()).toEqual({ state: 'proven', asOf: readAt[1] });
  expect(await run()).toEqual({ state: 'proven', asOf: readAt[3] });
  // No cut between rows of 1.00 makes it up.
  await world.stripe.world.money.chargeFee({ amount: '250', unlisted: true });
  expect(await run()).toEqual({ state: 'proven', asOf: readAt[5] });
  expect(await run()).toEqual({ state: 'broken', asOf: readAt[7] });
});
