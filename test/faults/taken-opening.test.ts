/** Which pay-ins an opening balance counts that is taken over from the ledger, and what keeps it from being frozen. */
import type { BalanceTransaction } from '../../src/domain/movements/balance-transaction';
import type { Connection } from '../../src/engine/deps';
import { openMovements } from '../../src/engine/opening/opening';
import { connectDb, type Db } from '../../src/store/db';
import { findEnabled } from '../../src/store/openings';
import { latestProof } from '../../src/store/proofs';
import { distrustRows } from '../../src/store/row-reading';
import { currentSource } from '../../src/store/sources';
import { testEnvironment } from '../support/environment';
import { startWorld, type DrivenWorld } from '../support/worlds/driver-world';
import { planIn } from '../support/worlds/planned-opening';

const at = (time: string) => Date.parse(time) / 1000;
const NOW = at('2026-06-11T12:00:00Z');
const CUT_OVER = at('2026-06-01T00:00:00Z');
const SINCE = { SYNC_SINCE: '2026-05-20' };

let db: Db;
let first: DrivenWorld;
let world: DrivenWorld;
/** Seconds that pass with each posting. */
let passing: number;
/** Rows that Stripe does not list. */
let hides: (row: BalanceTransaction) => boolean;
/** What is left of them. */
let spoils: (row: BalanceTransaction) => BalanceTransaction;

beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(() => db.close());
beforeEach(async () => {
  passing = 0;
  hides = () => false;
  spoils = (row) => row;
  first = world = await startWorld(db, { startAt: NOW, settings: SINCE, through });
  await pay('pi_before', '2026-05-25T10:00:00Z');
  await pay('pi_since', '2026-06-02T10:00:00Z', 7_000);
  await world.stripe.world.money.payout({ amount: 2_000, at: at('2026-06-05T10:00:00Z') });
  await sync();
});
afterEach(() => first.close());

function through(connection: Connection): Connection {
  const { ledger, stripe } = connection;
  const listTransactions: typeof stripe.listTransactions = async (...asked) => {
    const page = await stripe.listTransactions(...asked);
    return { ...page, rows: page.rows.filter((row) => !hides(row)).map((row) => spoils(row)) };
  };
  const post: typeof ledger.post = (...asked) => {
    world.clock.advance(passing);
    return ledger.post(...asked);
  };
  return { ...connection, ledger: { ...ledger, post }, stripe: { ...stripe, listTransactions } };
}

const pay = (id: string, time: string, amount = 10_000) =>
  world.stripe.world.pay({
    ...{ id, amount, currency: 'usd', customer: 'cus_1' },
    ...{ createdAt: at(time), succeededAt: at(time) },
  });

async function sync(): Promise<void> {
  world.clock.advance(60);
  expect((await world.driver.sync()).row?.status).toBe('completed');
}

const plan = (since?: number) => planIn(world, since);

/** The settings of a user who says nothing of movements, unless they say more. */
async function loseDatabaseAndSync(settings: Readonly<Record<string, string>> = {}): Promise<void> {
  const all = { ...SINCE, MOVEMENTS: '', ...settings };
  world = await startWorld(db, { startAt: NOW, settings: all, beside: first, through });
  await sync();
}

async function enabledThen(): Promise<void> {
  await openMovements(db, await plan(CUT_OVER), 'anna');
  await sync();
  await world.stripe.world.money.payout({ amount: 1_000 });
  await sync();
  await expectProven();
}

async function expectProven(): Promise<void> {
  const { proof } = (await latestProof(db, world.instanceId))!;
  expect(proof).toMatchObject({ state: 'proven', currencies: [{ unexplained: 0n }] });
}

const source = async () => (await currentSource(db, world.instanceId))!.sourceId;
const enabled = async () => (await findEnabled(db, await source()))!;
const booked = () => world.blnk.ledger.rows.map(({ reference }) => reference).sort();

test('one that the ledger took after it was frozen, and before its posting, is not counted then either', async () => {
  await pay('pi_unread', '2026-05-26T10:00:00Z', 5_000);
  await openMovements(db, await plan(CUT_OVER), 'anna');
  const { countedTo, openedAt } = await enabled();
  passing = 1;
  await world.driver.sync({ scope: { kind: 'payment', paymentIntentId: 'pi_unread' } });
  await sync();
  await expectProven();
  const before = booked();
  await loseDatabaseAndSync();
  await expectProven();
  expect(booked()).toEqual(before);
  expect(await enabled()).toMatchObject({ countedTo, openedAt });
});

test('a row that came after it was frozen says nothing of what it counts', async () => {
  // Ahead of our clock, by which it is frozen.
  const settings = { SYNC_SINCE: '2126-05-20' };
  const startAt = at('2126-06-11T12:00:00Z');
  const ahead = (world = await startWorld(db, { startAt, settings }));
  try {
    await pay('pi_before', '2126-05-25T10:00:00Z');
    await pay('pi_since', '2126-06-02T10:00:00Z');
    await sync();
    const found = await plan(at('2126-06-01T00:00:00Z'));
    expect([...found.charged]).toEqual(['pi_since']);
    await openMovements(db, found, 'anna');
    await sync();
    world = await startWorld(db, { startAt, settings, beside: ahead });
    await sync();
    expect([...(await plan()).charged]).toEqual([]);
  } finally {
    await ahead.close();
  }
});

test('one that the ledger loses before it is frozen is computed again, less the pay-ins that it counts', async () => {
  await enabledThen();
  const before = booked();
  hides = ({ amount }) => amount === -1_000n;
  await loseDatabaseAndSync();
  expect((await enabled()).awaits).not.toBeNull();
  const { ledger } = world.blnk;
  const openings = ledger.rows.filter(({ reference }) => reference.startsWith('opening.'));
  expect(ledger.forget(openings.map(({ seq }) => seq))).toBeDefined();
  hides = () => false;
  await sync();
  world.clock.advance(900);
  await sync();
  expect((await enabled()).awaits).toBeNull();
  await expectProven();
  expect(booked()).toEqual(before);
});

test('a row that cannot be read stops it by its name, as one that is computed', async () => {
  await enabledThen();
  const before = booked();
  const spoil = { amount: null, net: null, fault: 'AMOUNT_MISSING' } as const;
  spoils = (row) => (row.type === 'payout' ? { ...row, ...spoil } : row);
  await loseDatabaseAndSync();
  await sync();
  expect((await enabled()).awaits).toBe('unread');
  spoils = (row) => row;
  await distrustRows(db, await source());
  await sync();
  await sync();
  expect((await enabled()).awaits).toBeNull();
  await expectProven();
  expect(booked()).toEqual(before);
});

test.each<[string, number | undefined]>([
  ['with an opening balance', CUT_OVER],
  ['with nothing', undefined],
])(
  'begun %s before a SYNC_SINCE that is later now, a plan says what stands in the way',
  async (_what, since) => {
    await openMovements(db, await plan(since), 'anna');
    await sync();
    await loseDatabaseAndSync({ SYNC_SINCE: '2026-06-07' });
    const refused = {
      ...{ code: 'CUT_OVER_BEFORE_SINCE', details: { sync_since: '2026-06-07T00:00:00Z' } },
    };
    await expect(plan()).rejects.toMatchObject(refused);
    await expect(plan(CUT_OVER)).rejects.toMatchObject(refused);
    await expect(plan(at('2026-06-08T00:00:00Z'))).rejects.toMatchObject(refused);
  },
);
