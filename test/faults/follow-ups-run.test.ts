/** What follows in whole runs: from a debit that begins to a dispute that is lost, between two stand-ins. */
import { connectDb, type Db } from '../../src/store/db';
import { enableMovements } from '../../src/store/openings';
import { currentSource } from '../../src/store/sources';
import { testEnvironment } from '../support/environment';
import { startWorld, type DrivenWorld } from '../support/worlds/driver-world';

const DAY = 24 * 60 * 60;
const NAMES = ['', '-unapplied', '-opening', '-disputes'].map((suffix) => `@stripe${suffix}`);

let db: Db;
let world: DrivenWorld;

beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(() => db.close());
beforeEach(async () => {
  world = await startWorld(db, { startAt: Date.UTC(2026, 10, 5, 12) / 1000 });
});
afterEach(() => world.close());

/** What the balances hold after another run; those at zero are left out. */
async function afterSync(): Promise<Record<string, bigint>> {
  world.clock.advance(120);
  expect((await world.driver.sync()).row).toMatchObject({ status: 'completed' });
  const { signal } = new AbortController();
  const names = [...NAMES, '@cus_A', '@cus_B'];
  const found = await world.connection.ledger.turnoversOf(names, signal);
  const held = found.map(({ name, balance }): [string, bigint] => [name, balance]);
  return Object.fromEntries(held.filter(([, amount]) => amount !== 0n));
}

async function enable(): Promise<void> {
  const { instanceId, clock } = world;
  const { sourceId } = (await currentSource(db, instanceId))!;
  const enabling = { instanceId, sourceId, cutOver: clock.nowSeconds(), by: null };
  await db.transaction((tx) => enableMovements(tx, enabling, []));
}

async function debitOf(customer: string, amount: number): Promise<string> {
  const chargeCreatedAt = world.clock.nowSeconds();
  const debit = { status: 'processing', paymentMethodType: 'sepa_debit' } as const;
  const options = { ...debit, customer, amount, chargeCreatedAt, settle: { fee: 0 } };
  return (await world.stripe.world.create(options)).id;
}

test('each run ends with what follows, and the balances come to zero', async () => {
  const { world: account } = world.stripe;
  const early = await debitOf('cus_A', 7_000);
  expect(await afterSync()).toEqual({});
  await enable();
  const late = await debitOf('cus_B', 500);
  expect(await afterSync()).toEqual({ '@stripe': -500n, '@stripe-unapplied': 500n });
  world.clock.advance(DAY);
  await account.succeed(early);
  await account.succeed(late);
  const booked = { '@cus_A': 7_000n, '@stripe-opening': -7_000n };
  expect(await afterSync()).toEqual({ ...booked, '@cus_B': 500n, '@stripe': -500n });
  const { id: dispute } = await account.money.dispute({ payment: late, fee: 0 });
  expect(await afterSync()).toEqual({ ...booked, '@cus_B': 500n, '@stripe-disputes': -500n });
  await account.money.closeDispute({ dispute, status: 'lost' });
  await db.query(`update disputes set asked_at = '-infinity' where instance_id = $1`, [
    world.instanceId,
  ]);
  expect(await afterSync()).toEqual(booked);
  expect(await stepsOfLastRun()).toContain('follow_ups');
  expect(await afterSync()).toEqual(booked);
});

test('a run has a step for what follows where something does, and else none', async () => {
  const { world: account } = world.stripe;
  await account.pay({ customer: 'cus_A', amount: 700 });
  await afterSync();
  await enable();
  // Its first reading of all rows.
  await afterSync();
  await afterSync();
  expect(await stepsOfLastRun()).toEqual(['balance_transactions', 'events']);
  const late = await debitOf('cus_B', 500);
  await afterSync();
  expect(await stepsOfLastRun()).toEqual(['balance_transactions', 'events']);
  await account.succeed(late);
  expect(await afterSync()).toMatchObject({ '@cus_B': 500n });
  expect(await stepsOfLastRun()).toEqual(['balance_transactions', 'events', 'follow_ups']);
});

async function stepsOfLastRun(): Promise<string[]> {
  const rows = await db.query<{ feed: string }>(
    `select distinct feed from sync_windows where sync_id = (select sync_id from stripe_syncs
       where instance_id = $1 order by started_at desc limit 1) order by feed`,
    [world.instanceId],
  );
  return rows.map(({ feed }) => feed);
}

test('a debit from before the cut-over that fails many rows later goes against the opening balance', async () => {
  const { world: account } = world.stripe;
  const early = await debitOf('cus_A', 7_000);
  expect(await afterSync()).toEqual({});
  await enable();
  world.clock.advance(DAY);
  for (let row = 0; row < 501; row += 1) await account.money.chargeFee({ amount: 1 });
  await account.money.failDebit({ payment: early });
  expect(await afterSync()).toEqual({ '@stripe': 7_501n, '@stripe-opening': -7_000n });
});
