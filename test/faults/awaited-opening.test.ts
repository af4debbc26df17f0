/** A new instance with SYNC_SINCE begins by itself: its opening balance is frozen once readings leave one amount. */
import type { BalanceTransaction } from '../../src/domain/movements/balance-transaction';
import type { Connection } from '../../src/engine/deps';
import { openMovements } from '../../src/engine/opening/opening';
import { connectDb, type Db } from '../../src/store/db';
import { waitingReadings } from '../../src/store/balance-readings';
import { readInstance } from '../../src/store/instances';
import { findEnabled, readOpenings } from '../../src/store/openings';
import { distrustRows } from '../../src/store/row-reading';
import { latestProof } from '../../src/store/proofs';
import { currentSource } from '../../src/store/sources';
import { negated, balanceOf, trulyHeld } from '../support/books/money-books';
import { testEnvironment } from '../support/environment';
import { aPosting } from '../support/worlds/a-posting';
import { startWorld, type DrivenWorld } from '../support/worlds/driver-world';
import { planIn } from '../support/worlds/planned-opening';

const at = (time: string) => Date.parse(time) / 1000;
const CUT_OVER = at('2026-06-01T00:00:00Z');
const NOW = at('2026-06-11T12:00:00Z');
const SINCE = { SYNC_SINCE: '2026-06-01', MOVEMENTS: 'on' };
const HOUR = 3_600;
const ALL = { from: null, to: null };
const never = new AbortController().signal;

let db: Db;
let first: DrivenWorld;
let world: DrivenWorld;
/** Seconds that pass with each reading of Stripe's balance. */
let passing: number;
/** Whether Stripe names no currency at all. */
let isEmpty: boolean;
/** Rows that Stripe does not list. */
let hides: (row: { readonly type: string | null; readonly amount: bigint | null }) => boolean;
/** What is left of them. */
let spoils: (row: BalanceTransaction) => BalanceTransaction;

beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(() => db.close());
beforeEach(() => {
  passing = 0;
  isEmpty = false;
  hides = () => false;
  spoils = (row) => row;
});
afterEach(() => first.close());

function through(connection: Connection): Connection {
  const { stripe } = connection;
  const readBalance: typeof stripe.readBalance = async (signal) => {
    const reading = await stripe.readBalance(signal);
    world.clock.advance(passing);
    return isEmpty ? { ...reading, parts: [] } : reading;
  };
  const listTransactions: typeof stripe.listTransactions = async (...asked) => {
    const page = await stripe.listTransactions(...asked);
    return { ...page, rows: page.rows.filter((row) => !hides(row)).map((row) => spoils(row)) };
  };
  return { ...connection, stripe: { ...stripe, readBalance, listTransactions } };
}

async function begin(settings: Readonly<Record<string, string>> = SINCE, startAt = NOW) {
  first = world = await startWorld(db, { startAt, settings, through });
}

async function loseDatabase(): Promise<void> {
  world = await startWorld(db, { startAt: NOW, settings: SINCE, through, beside: first });
}

/** A quarter of an hour later, as by the usual schedule. */
async function sync(after = 900): Promise<void> {
  world.clock.advance(after);
  expect((await world.driver.sync()).row?.status).toBe('completed');
}

const pay = (id: string, time: string, amount = 10_000) =>
  world.stripe.world.pay({
    ...{ id, amount, currency: 'usd', customer: 'cus_1' },
    ...{ createdAt: at(time), succeededAt: at(time) },
  });

/** Before the cut-over and since. */
async function aStory(): Promise<void> {
  await pay('pi_before', '2026-05-25T10:00:00Z');
  await pay('pi_since', '2026-06-02T10:00:00Z', 7_000);
  await world.stripe.world.money.payout({ amount: 2_000, at: at('2026-06-05T10:00:00Z') });
}

const fee = (amount: number) => BigInt(Math.round(amount * 0.029) + 30);
const HELD = 10_000n - fee(10_000);

const sourceId = async () => (await currentSource(db, world.instanceId))!.sourceId;
const awaits = async () => (await findEnabled(db, await sourceId()))?.awaits;
const proof = async () => (await latestProof(db, world.instanceId))!.proof;
const booked = () => world.blnk.ledger.rows.map(({ reference }) => reference).sort();
const openings = () => booked().filter((reference) => reference.startsWith('opening.'));

async function expectProven(): Promise<void> {
  expect(await proof()).toMatchObject({ state: 'proven', currencies: [{ unexplained: 0n }] });
  expect(negated(balanceOf(world, '@stripe'))).toEqual(trulyHeld(world));
}

const plan = (since?: number) => planIn(world, since);

test('the first sync books what has moved since, and its proof waits for the opening balance by name', async () => {
  await begin();
  await aStory();
  await sync();
  expect(await awaits()).toBe('uncertain');
  expect(openings()).toEqual([]);
  expect(booked().filter((reference) => reference.startsWith('txn_'))).toHaveLength(2);
  expect(await proof()).toMatchObject({
    state: 'waiting',
    currencies: [{ currency: 'USD', opening: 'uncertain', unexplained: null }],
  });
  // The cut-over rests on SYNC_SINCE.
  expect((await readInstance(db, world.instanceId)).frozen).toBe(true);
});

test('the next sync of the usual schedule opens and proves it', async () => {
  await begin();
  await aStory();
  await sync();
  await sync();
  expect(await awaits()).toBeNull();
  expect(await readOpenings(db, await sourceId())).toMatchObject([
    { currency: 'USD', held: HELD, earlier: 0n, amount: HELD },
  ]);
  expect(openings()).toHaveLength(1);
  await expectProven();
});

test('a plan that was made before it opened by itself is not what it begins with, and is refused', async () => {
  await begin();
  await aStory();
  await sync();
  const found = await plan();
  await sync();
  await expect(openMovements(db, found, 'anna')).rejects.toMatchObject({ code: 'OPENING_CHANGED' });
  await sync();
  expect(openings()).toHaveLength(1);
  await expectProven();
});

test('syncs that follow each other open it once ten minutes have passed', async () => {
  await begin();
  await aStory();
  await sync();
  for (let minutes = 2; minutes < 10; minutes += 2) {
    await sync(120);
    expect(await awaits()).toBe('uncertain');
  }
  await sync(120);
  expect(openings()).toHaveLength(1);
  await expectProven();
});

test('a sync that cannot tell whether its balance counts the newest row leaves it to the next one', async () => {
  await begin();
  await aStory();
  await sync();
  await pay('pi_beside', new Date((NOW + 1_802) * 1000).toISOString());
  passing = 3;
  await sync();
  expect(await awaits()).toBe('uncertain');
  passing = 0;
  await sync();
  expect(openings()).toHaveLength(1);
  await expectProven();
});

test('an account without any money opens with nothing, and goes on from there', async () => {
  await begin();
  isEmpty = true;
  await sync();
  expect(await awaits()).toBe('uncertain');
  expect(await proof()).toMatchObject({ state: 'waiting', currencies: [] });
  await sync();
  expect(await awaits()).toBeNull();
  expect(await proof()).toMatchObject({ state: 'proven', currencies: [] });
  isEmpty = false;
  await pay('pi_first', new Date((NOW + 1_900) * 1000).toISOString());
  await sync();
  await expectProven();
});

test('of readings that disagree the oldest and the newest stay, however many there are', async () => {
  await begin();
  await aStory();
  await sync();
  await world.stripe.world.money.payout({ amount: 3_000, at: NOW + 950 });
  hides = ({ type }) => type === 'payout';
  for (let syncs = 0; syncs < 28; syncs += 1) await sync();
  expect(await awaits()).toBe('disagrees');
  const kept = await waitingReadings(db, await sourceId(), 100);
  expect(kept.map((one) => one.at - NOW).filter((after) => after < 20 * 900)).toHaveLength(16);
  expect(kept).toHaveLength(16 + 8);
  hides = () => false;
  await distrustRows(db, await sourceId());
  await sync();
  await sync();
  expect(openings()).toHaveLength(1);
  await expectProven();
});

test('a row that cannot be read is not taken for something held before, and is named', async () => {
  await begin();
  await aStory();
  const spoil = { amount: null, net: null, fault: 'AMOUNT_MISSING' } as const;
  spoils = (row) => (row.type === 'payout' ? { ...row, ...spoil } : row);
  await sync();
  await sync();
  await sync();
  expect(await awaits()).toBe('unread');
  expect(openings()).toEqual([]);
  const { id } = (await world.connection.stripe.listTransactions(ALL, null, never)).rows[0]!;
  await expect(plan()).rejects.toMatchObject({ code: 'OPENING_ROW_UNREAD', details: { row: id } });
  spoils = (row) => row;
  await distrustRows(db, await sourceId());
  await sync();
  await sync();
  expect(openings()).toHaveLength(1);
  await expectProven();
});

test('a worker that ends at any step freezes and posts it once', async () => {
  await begin();
  await aStory();
  await sync();
  world.clock.advance(900);
  const interruptions = Array.from({ length: 30 }, () => ({ after: 2, how: 'restart' as const }));
  await world.driver.sync({ interruptions });
  await sync();
  expect(openings()).toHaveLength(1);
  await expectProven();
});

test('readings between which a row is missing disagree: it stays open and says so, until a person enables it', async () => {
  await begin();
  await aStory();
  await sync();
  await world.stripe.world.money.payout({ amount: 3_000 });
  hides = ({ type }) => type === 'payout';
  await sync();
  await sync();
  await sync();
  expect(await awaits()).toBe('disagrees');
  expect(openings()).toEqual([]);
  expect(await proof()).toMatchObject({
    state: 'waiting',
    currencies: [{ opening: 'disagrees', unexplained: null }],
  });
  hides = () => false;
  await expect(plan(at('2026-06-03T00:00:00Z'))).rejects.toMatchObject({
    ...{ code: 'CUT_OVER_FOUND', details: { cut_over: '2026-06-01T00:00:00Z' } },
  });
  const found = await plan();
  expect(found).toMatchObject({
    ...{ cutOver: CUT_OVER, openings: [{ held: HELD, earlier: 0n, amount: HELD, foreign: [] }] },
  });
  await openMovements(db, found, 'anna');
  expect(await awaits()).toBeNull();
  await sync();
  expect(openings()).toHaveLength(1);
  // What Stripe had not listed is read again by itself.
  await expectProven();
});

test('a row that comes late makes them agree again', async () => {
  await begin();
  await aStory();
  await sync();
  await world.stripe.world.money.payout({ amount: 3_000, at: NOW + 950 });
  world.clock.advance(60);
  hides = ({ type }) => type === 'payout';
  await sync(200);
  await sync(200);
  expect(await awaits()).toBe('disagrees');
  hides = () => false;
  await sync(240);
  expect(openings()).toHaveLength(1);
  await expectProven();
});

test('less than an hour after the cut-over a later sync takes it up', async () => {
  await begin(SINCE, CUT_OVER - 7 * 24 * HOUR);
  await aStory();
  world.clock.set(CUT_OVER + 60);
  await sync(0);
  expect(await awaits()).toBe('recent');
  expect(await proof()).toMatchObject({ currencies: [{ opening: 'recent' }] });
  await sync(HOUR - 120);
  expect(await awaits()).toBe('recent');
  await sync(HOUR);
  expect(await awaits()).toBe('uncertain');
  await sync();
  await sync();
  expect(openings()).toHaveLength(1);
  await expectProven();
});

test.each<['itself' | 'a person', () => Promise<void>]>([
  ['itself', () => sync().then(() => sync())],
  ['a person', async () => openMovements(db, await plan(), 'anna')],
])(
  'opened by %s, nothing is held against a balance from before the cut-over',
  async (_by, open) => {
    await begin(SINCE, CUT_OVER - 7 * 24 * HOUR);
    await pay('pi_before', '2026-05-25T10:00:00Z');
    world.clock.set(CUT_OVER - 600);
    await sync(0);
    await world.stripe.world.money.payout({ amount: 2_000, at: CUT_OVER - 300 });
    world.clock.set(CUT_OVER + 2 * HOUR);
    await open();
    await sync();
    expect(await awaits()).toBeNull();
    // A row beside the reading: alone it is not exact, and an exact one before it would be believed.
    await pay('pi_near', new Date((world.clock.nowSeconds() + 900) * 1000).toISOString());
    await sync();
    await expectProven();
  },
);

test('what others post on the source balance meanwhile is not taken into it', async () => {
  await begin();
  await aStory();
  await sync();
  const posting = { reference: 'by_hand', amount: 700n, source: '@stripe', destination: '@bank' };
  await world.connection.ledger.post(aPosting(posting), new AbortController().signal);
  await sync();
  expect(await readOpenings(db, await sourceId())).toMatchObject([{ amount: HELD }]);
  expect(await proof()).toMatchObject({
    ...{ state: 'broken', currencies: [{ items: [{ kind: 'foreign', reference: 'by_hand' }] }] },
  });
});

describe('after a lost database', () => {
  beforeEach(async () => {
    await begin();
    await aStory();
    passing = 1;
    await sync();
  });

  test('the first sync takes the opening balance over from the ledger, and nothing is booked twice', async () => {
    await sync();
    const before = booked();
    await loseDatabase();
    await sync();
    expect(await readOpenings(db, await sourceId())).toMatchObject([
      { currency: 'USD', held: HELD, earlier: 0n, amount: HELD },
    ]);
    await expectProven();
    expect(booked()).toEqual(before);
  });

  test('it is taken over once Stripe’s balance agrees with it, and is nobody else’s until then', async () => {
    await sync();
    const before = booked();
    await loseDatabase();
    await world.stripe.world.money.payout({ amount: 3_000 });
    hides = ({ type, amount }) => type === 'payout' && amount === -3_000n;
    await sync();
    expect(await awaits()).toBe('uncertain');
    expect(await proof()).toMatchObject({ state: 'waiting', currencies: [{ items: [] }] });
    hides = () => false;
    await sync();
    await expectProven();
    expect(booked()).toEqual(expect.arrayContaining(before));
    expect(booked()).toHaveLength(before.length + 1);
  });

  test('before it was certain, it is opened once, as that of a new instance', async () => {
    const before = booked();
    await loseDatabase();
    await sync();
    expect(await awaits()).toBe('uncertain');
    await sync();
    await expectProven();
    expect(booked()).toEqual([...openings(), ...before].sort());
    expect(openings()).toHaveLength(1);
  });

  test('one that was restored away is computed and posted again', async () => {
    const kept = world.blnk.ledger.nextSeq();
    await sync();
    await pay('pi_late', '2026-06-11T12:10:00Z');
    await sync();
    const before = booked();
    const { ledger } = world.blnk;
    ledger.forget(ledger.rows.map(({ seq }) => seq).filter((seq) => seq >= kept));
    await loseDatabase();
    await sync();
    await sync();
    await expectProven();
    expect(booked()).toEqual(before);
  });
});
