/** What a run looks for in the ledger, where its attempts end before they are done. */
import { setTimeout as sleep } from 'node:timers/promises';
import { SyncError } from '../../src/domain/errors';
import type { LinesPage } from '../../src/domain/ledger-balances';
import type { Connection } from '../../src/engine/deps';
import { connectDb, type Db } from '../../src/store/db';
import { lastTimes } from '../../src/store/proofs';
import { currentSource } from '../../src/store/sources';
import { testEnvironment } from '../support/environment';
import { aPosting } from '../support/worlds/a-posting';
import { startWorld, type DrivenWorld } from '../support/worlds/driver-world';
import { provenRun } from '../support/worlds/proven-run';

const START = Date.UTC(2026, 5, 1, 12) / 1000;
const HOUR = 3_600;
const { signal } = new AbortController();

let db: Db;
let world: DrivenWorld;
/** What the ledger is asked for, in its order. */
let asked: ('look up' | 'list')[];
/** What a list says in place of its lines; undefined: these. */
let listedAs: () => LinesPage | undefined;
/** What a look-up is of that gets no answer. */
let isUnanswered: (references: readonly string[]) => boolean;
/** With the answer to its posting the ledger goes away; null: it stays. */
let lostWith: string | null;
let isAway: boolean;

beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(() => db.close());
beforeEach(async () => {
  asked = [];
  listedAs = () => undefined;
  isUnanswered = () => false;
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
    asked.push('look up');
    if (isAway) throw away;
    if (isUnanswered(of[0])) await sleep(60_000, undefined, { signal: of[1] });
    return ledger.lookUp(...of);
  };
  const linesOn: typeof ledger.linesOn = async (...of) => {
    asked.push('list');
    await sleep(1, undefined, { signal: of[2] });
    return listedAs() ?? ledger.linesOn(...of);
  };
  const post: typeof ledger.post = async (posting, ...of) => {
    if (isAway) throw away;
    const posted = await ledger.post(posting, ...of);
    isAway = posting.reference === lostWith;
    if (isAway) throw away;
    return posted;
  };
  return { ...connection, ledger: { ...ledger, lookUp, linesOn, post } };
}

/** Milliseconds: no search takes so long. */
const LONG = 600_000;

function searchFor(searchMs: number): void {
  Object.assign(world.deps.patience, { searchMs });
}

/** The proof of a later run, of which Stripe tells something new. */
async function later() {
  world.clock.advance(HOUR);
  await world.stripe.world.money.chargeFee({ amount: '1' });
  world.clock.advance(60);
  const { state, walk, items } = await provenRun(db, world);
  return {
    state,
    walk: walk?.walk,
    items,
    named: items.map(({ kind, reference, amount }) => `${kind} ${reference} ${amount}`),
  };
}

describe('a posting of somebody else', () => {
  let transactionId: string;
  beforeEach(async () => {
    const byHand = { reference: 'by hand', amount: 777n };
    const posting = aPosting({ source: '@stripe', destination: '@somebody', ...byHand });
    const posted = await world.connection.ledger.post(posting, signal);
    if (posted.kind !== 'applied') throw new Error(posted.kind);
    ({ transactionId } = posted);
    asked = [];
  });

  test('that is looked for without an end leaves a broken proof, and the run completes', async () => {
    searchFor(2_000);
    listedAs = () => ({ lines: [], next: 'more' });
    expect(await later()).toMatchObject({
      ...{ state: 'broken', named: [] },
      walk: { listed: 'all', lookedUp: 'all' },
    });
    const lists = () => asked.filter((one) => one === 'list').length;
    const before = lists();
    expect(before).toBeGreaterThan(0);
    // Not again with every run.
    expect(await later()).toMatchObject({ state: 'broken', named: [] });
    expect(lists()).toBe(before);
    listedAs = () => undefined;
    searchFor(LONG);
    world.clock.advance(24 * HOUR);
    expect(await later()).toMatchObject({ state: 'broken', named: ['foreign by hand 777'] });
  });

  test('is looked for behind the step that was done, once an attempt has ended in the next one', async () => {
    let lists = 0;
    listedAs = () => {
      lists += 1;
      if (lists === 1) throw new SyncError('BLNK_UNAVAILABLE');
      return undefined;
    };
    const found = await later();
    expect(found).toMatchObject({ named: ['foreign by hand 777'], items: [{ transactionId }] });
    const first = asked.indexOf('list');
    expect(asked.slice(first - 1, first + 2)).toEqual(['look up', 'list', 'list']);
  });
});

test('a run that has no time to ask for what stands between two other balances leaves it to the next one', async () => {
  const { money } = world.stripe.world;
  const { id: dispute } = await money.dispute({ payment: 'pi_a', amount: 6_000, fee: 0 });
  await money.closeDispute({ dispute, status: 'lost' });
  const { sourceId } = (await currentSource(db, world.instanceId))!;
  const counted = async () =>
    (await lastTimes(db, { instanceId: world.instanceId, sourceId })).counted!;
  expect(await later()).toMatchObject({ state: 'proven' });
  const before = await counted();
  searchFor(300);
  isUnanswered = (references) => references.every((one) => one.endsWith('.lost'));
  expect(await later()).toMatchObject({ state: 'proven' });
  expect(await counted()).toBe(before);
  isUnanswered = () => false;
  searchFor(LONG);
  const lost = world.blnk.ledger.rows.find(({ reference }) => reference.endsWith('.lost'))!;
  world.blnk.ledger.forget([lost.seq], true);
  expect(await later()).toMatchObject({ named: [`posted_again ${lost.reference} 0`] });
  expect(await counted()).toBeGreaterThan(before);
});

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
