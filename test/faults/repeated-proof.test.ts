/** A proof that one sync makes twice: the second rests on what the first one did, and says the same. */
import { SyncError } from '../../src/domain/errors';
import type { Attempt } from '../../src/engine/attempt';
import type { Connection } from '../../src/engine/deps';
import type * as finishing from '../../src/engine/finish';
import { reconcile } from '../../src/engine/proof/reconcile';
import { syncIdOf } from '../../src/domain/ids';
import { connectDb, type Db, type Queries } from '../../src/store/db';
import { latestProof, type StoredProof } from '../../src/store/proofs';
import { testEnvironment } from '../support/environment';
import { startWorld, type DrivenWorld } from '../support/worlds/driver-world';

const START = Date.UTC(2026, 5, 1, 12) / 1000;
const HOUR = 3_600;

/** What happens to a sync once it is proven. */
const nothing: (syncId: string) => Promise<void> = () => Promise.resolve();
const meanwhile = { proven: nothing };

jest.mock('../../src/engine/finish', () => {
  const actual = jest.requireActual<typeof finishing>('../../src/engine/finish');
  const finishSync: typeof actual.finishSync = async (deps, input, owner) => {
    await meanwhile.proven(syncIdOf(input.instanceId, owner.workflowId, owner.firstRunId));
    return actual.finishSync(deps, input, owner);
  };
  return { finishSync };
});

let db: Db;
let world: DrivenWorld;
/** What the two sides do not tell. */
let untold: { stripe: boolean; ledger: boolean };
/** Called before a statement inside of a transaction. */
let onStatement: (sql: string) => void;

beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(() => db.close());
beforeEach(async () => {
  untold = { stripe: false, ledger: false };
  onStatement = () => undefined;
  meanwhile.proven = nothing;
  const watched: Db = {
    ...db,
    transaction: (work) => db.transaction((tx) => work(watching(tx))),
  };
  const settings = { SYNC_SINCE: 'all', MOVEMENTS: 'on' };
  world = await startWorld(watched, { startAt: START, settings, through });
  await world.stripe.world.pay({ id: 'pi_a', amount: '10000', customer: 'cus_A' });
  world.clock.advance(HOUR);
  for (let run = 0; run < 3 && (await proven())?.proof.state !== 'proven'; run += 1) {
    world.clock.advance(HOUR);
  }
});
afterEach(() => world.close());

const watching = (tx: Queries): Queries => ({
  query: (sql, parameters) => {
    onStatement(sql);
    return tx.query(sql, parameters);
  },
});

function through(connection: Connection): Connection {
  const { stripe, ledger } = connection;
  const readBalance: typeof stripe.readBalance = (...asked) =>
    untold.stripe
      ? Promise.reject(new SyncError('STRIPE_PERMISSION_MISSING', { right: 'rak_balance_read' }))
      : stripe.readBalance(...asked);
  const turnoversOf: typeof ledger.turnoversOf = (...asked) =>
    untold.ledger
      ? Promise.reject(new SyncError('BLNK_UNAVAILABLE'))
      : ledger.turnoversOf(...asked);
  return {
    ...connection,
    stripe: { ...stripe, readBalance },
    ledger: { ...ledger, turnoversOf },
  };
}

/** The proof of a sync. */
async function proven(): Promise<StoredProof | undefined> {
  const { syncId, row } = await world.driver.sync();
  expect(row?.status).toBe('completed');
  const proof = await latestProof(db, world.instanceId);
  return proof?.syncId === syncId ? proof : undefined;
}

const saidBy = (stored: StoredProof | undefined) => ({
  state: stored?.proof.state,
  asOf: stored?.proof.currencies.map(({ currency, asOf }) => [currency, asOf]),
});

/** What the proof of a sync says, and what it says once it is made again before the sync ends. */
async function provenTwice() {
  const { signal } = new AbortController();
  const attempt: Attempt = { signal, handled: () => undefined, succeeded: () => undefined };
  const said: ReturnType<typeof saidBy>[] = [];
  meanwhile.proven = async (syncId) => {
    meanwhile.proven = nothing;
    said.push(saidBy(await latestProof(db, world.instanceId)));
    const deps = { ...world.deps, isOwnerOpen: () => Promise.resolve(true) };
    // Of one that is broken more is read first: the sync is planned again, and proven once more.
    await reconcile(deps, { syncId, instanceId: world.instanceId }, world.connection, attempt);
  };
  said.push(saidBy(await proven()));
  expect(said).toHaveLength(2);
  return said;
}

const advance = async (
  fee: Parameters<DrivenWorld['stripe']['world']['money']['chargeFee']>[0],
) => {
  world.clock.advance(HOUR);
  await world.stripe.world.money.chargeFee(fee);
  world.clock.advance(60);
};

test('rests on the balance that this sync has read', async () => {
  await advance({ amount: '1' });
  const [first, second] = await provenTwice();
  expect(first).toMatchObject({ state: 'proven' });
  expect(second).toEqual(first);
});

test('proves nothing by the balance of an earlier sync, where a key has lost its right', async () => {
  await advance({ amount: '1' });
  untold.stripe = true;
  const [first, second] = await provenTwice();
  expect(first).toMatchObject({ state: 'not_read', asOf: [['USD', null]] });
  expect(second).toEqual(first);
});

test('waits as the first does, whatever an earlier sync had judged', async () => {
  await advance({ amount: '250', lagSeconds: 2 * HOUR });
  const [first, second] = await provenTwice();
  expect(first).toMatchObject({ state: 'waiting' });
  expect(second).toEqual(first);
});

test('is broken by the same balance as the first', async () => {
  await advance({ amount: '250', unlisted: true });
  expect(await proven()).toMatchObject({ proof: { state: 'waiting' } });
  await advance({ amount: '1' });
  const [first, second] = await provenTwice();
  expect(first).toMatchObject({ state: 'broken' });
  expect(second).toEqual(first);
});

test('without a word of the ledger says the same after a worker that ended before it was kept', async () => {
  await advance({ amount: '250', unlisted: true });
  await proven();
  await advance({ amount: '1' });
  // Nothing of this sync's own is left to be judged.
  untold = { stripe: true, ledger: true };
  Object.assign(world.deps.patience, { silenceMs: 0, neverAnsweredMs: 0 });
  let lost = 0;
  onStatement = (sql) => {
    if (!sql.includes('insert into proofs') || lost > 0) return;
    lost += 1;
    throw new SyncError('STORE_UNAVAILABLE');
  };
  expect(await proven()).toMatchObject({ proof: { state: 'broken' } });
  expect(lost).toBe(1);
});
