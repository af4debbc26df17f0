/** A Blnk Cloud that lacks some of what the proof asks for, which its guide does not show: all else is done and said. */
import type { Connection } from '../../src/engine/deps';
import { SyncError } from '../../src/domain/errors';
import type { Ledger } from '../../src/domain/ledger';
import { noteInLedger } from '../../src/engine/proof/posting-of-others';
import { connectDb, type Db } from '../../src/store/db';
import { readDeclined } from '../../src/store/openings';
import { latestProof } from '../../src/store/proofs';
import { currentSource } from '../../src/store/sources';
import { aPosting } from '../support/worlds/a-posting';
import { testEnvironment } from '../support/environment';
import { startWorld, type DrivenWorld } from '../support/worlds/driver-world';

const START = Date.UTC(2026, 5, 1, 12) / 1000;
const HOUR = 3_600;
const never = new AbortController().signal;

let db: Db;
let world: DrivenWorld;
/** Calls that it does not know. */
let lacking: readonly (keyof Ledger)[];

beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(() => db.close());
beforeEach(async () => {
  lacking = [];
  const settings = { MOVEMENTS: 'on', SYNC_SINCE: 'all', BLNK_KIND: 'cloud' };
  world = await startWorld(db, { startAt: START, settings, through });
});
afterEach(() => world.close());

function through(connection: Connection): Connection {
  const refused = () => new SyncError('BLNK_REFUSED', { status: 404 }, { retryable: false });
  const ledger = new Proxy(connection.ledger, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...asked: unknown[]): unknown =>
        lacking.includes(name as keyof Ledger)
          ? Promise.reject(refused())
          : Reflect.apply(value, target, asked);
    },
  });
  return { ...connection, ledger };
}

interface Ran {
  readonly state: string | undefined;
  readonly named: readonly string[];
}

/** A run that has something to book. */
async function run(): Promise<Ran> {
  const { id } = await world.stripe.world.pay({ amount: 1_000, customer: 'cus_A' });
  world.clock.advance(HOUR);
  const { syncId, row } = await world.driver.sync();
  expect(row).toMatchObject({ status: 'completed', counts: { quarantined: 0 } });
  expect(world.blnk.ledger.byReference(id)).not.toBeNull();
  const stored = await latestProof(db, world.instanceId);
  const proof = stored?.syncId === syncId ? stored.proof : undefined;
  const items = proof?.currencies.flatMap((one) => one.items) ?? [];
  return { state: proof?.state, named: items.map(({ kind }) => kind).sort() };
}

const PROVEN: Ran = { state: 'proven', named: [] };

async function byHand(amount: bigint): Promise<string> {
  const sides = { source: '@stripe', destination: '@bank', reference: 'by hand' };
  const posting = aPosting({ ...sides, amount, metadata: {} as never });
  await world.connection.ledger.post(posting, never);
  return (await world.connection.ledger.lookUp([posting.reference], never))[0]!.transactionId;
}

const declined = async () =>
  readDeclined(db, (await currentSource(db, world.instanceId))!.sourceId);

test('without turnovers all is booked, and nothing is proven', async () => {
  expect(await run()).toEqual(PROVEN);
  lacking = ['turnoversOf'];
  expect(await run()).toEqual({ state: 'not_read', named: [] });
  expect(world.blnk.ledger.rows.filter(({ reference }) => reference.endsWith('.fee'))).toHaveLength(
    2,
  );
});

test('without turnovers from the first run on, pay-ins alone are carried over', async () => {
  lacking = ['turnoversOf'];
  expect(await run()).toEqual({ state: undefined, named: [] });
  expect(await declined()).toEqual(['SOURCE_BALANCE_UNREAD']);
});

test('what refuses look-ups as well is no ledger, and nothing about movements is decided by it', async () => {
  lacking = ['turnoversOf', 'lookUp'];
  const { row } = await world.driver.sync();
  expect(row).toMatchObject({ status: 'failed', error: 'BLNK_REFUSED' });
  expect(await declined()).toBeNull();
  lacking = [];
  expect(await run()).toEqual(PROVEN);
});

test('without a balance of the past its turnovers alone are held against ours', async () => {
  lacking = ['turnoversAt'];
  expect(await run()).toEqual(PROVEN);
  await byHand(300n);
  expect(await run()).toEqual({ state: 'broken', named: ['foreign'] });
});

test('without the postings of a balance what is wrong is said, and not by what', async () => {
  lacking = ['linesOn'];
  expect(await run()).toEqual(PROVEN);
  await byHand(300n);
  expect(await run()).toEqual({ state: 'broken', named: [] });
  const { currencies } = (await latestProof(db, world.instanceId))!.proof;
  expect(currencies).toMatchObject([{ unexplained: -300n }]);
  lacking = [];
  // What was walked in vain is walked again once a day.
  world.clock.advance(24 * HOUR);
  expect(await run()).toEqual({ state: 'broken', named: ['foreign'] });
});

test('without metadata a note stays ours, and a balance that counts a posting twice is named', async () => {
  expect(await run()).toEqual(PROVEN);
  lacking = ['annotate', 'recount'];
  const id = await byHand(300n);
  const { ledger } = world.connection;
  expect(await noteInLedger(ledger, id, { by: 'ada', note: 'till' }, never)).toBe(false);
  world.blnk.ledger.forget([world.blnk.ledger.byReference('by hand')!.seq]);
  expect(await run()).toEqual(PROVEN);
  const [first] = world.blnk.ledger.rows;
  world.blnk.ledger.forget([first!.seq], true);
  expect(await run()).toEqual({ state: 'broken', named: ['corrupt_debits', 'posted_again'] });
});
