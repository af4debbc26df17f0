/** What follows in whole runs: from a debit that begins to a dispute that is lost, between two stand-ins. */
import type { Connection } from '../../src/engine/deps';
import { connectDb, type Db } from '../../src/store/db';
import { enableMovements } from '../../src/store/openings';
import { latestProof } from '../../src/store/proofs';
import { currentSource } from '../../src/store/sources';
import { testEnvironment } from '../support/environment';
import { startWorld, type DrivenWorld } from '../support/worlds/driver-world';
import { makeDue } from '../support/worlds/make-due';

const DAY = 24 * 60 * 60;
const NAMES = ['', '-unapplied', '-opening', '-disputes'].map((suffix) => `@stripe${suffix}`);

let db: Db;
let world: DrivenWorld;
/** References that the ledger does not take. */
let refused: Set<string>;

beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(() => db.close());
beforeEach(async () => {
  refused = new Set();
  world = await startWorld(db, { startAt: Date.UTC(2026, 10, 5, 12) / 1000, through });
});
afterEach(() => world.close());

function through(connection: Connection): Connection {
  const { ledger } = connection;
  const post: typeof ledger.post = (posting, signal) =>
    refused.has(posting.reference)
      ? Promise.resolve({ kind: 'refused' })
      : ledger.post(posting, signal);
  return { ...connection, ledger: { ...ledger, post } };
}

/** What the balances hold after another run; those at zero are left out. */
async function afterSync(status = 'completed'): Promise<Record<string, bigint>> {
  world.clock.advance(120);
  expect((await world.driver.sync()).row).toMatchObject({ status });
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

const stateOfProof = async () => (await latestProof(db, world.instanceId))?.proof.state;

describe('a refund', () => {
  async function aPayment(): Promise<string> {
    await afterSync();
    await enable();
    const payment = { customer: 'cus_B', amount: 500, settle: { fee: 0 } };
    return (await world.stripe.world.pay(payment)).id;
  }

  test('that fails a month after it was made comes back to its payer', async () => {
    const payment = await aPayment();
    const { money } = world.stripe.world;
    const { id } = await money.refund({ payment, amount: 200 });
    expect(await afterSync()).toEqual({ '@cus_B': 300n, '@stripe': -300n });
    world.clock.advance(31 * DAY);
    await money.failRefund({ refund: id });
    const whole = { '@cus_B': 500n, '@stripe': -500n };
    expect(await afterSync()).toEqual(whole);
    expect(await afterSync()).toEqual(whole);
    expect(await stateOfProof()).toBe('proven');
  });

  test('of a pay-in that is set aside is its payer’s, and comes to zero once that is booked', async () => {
    const payment = await aPayment();
    refused.add(payment);
    const open = { '@stripe-unapplied': 500n };
    expect(await afterSync('completed_with_problems')).toEqual({ ...open, '@stripe': -500n });
    await world.stripe.world.money.refund({ payment });
    expect(await afterSync()).toEqual({ ...open, '@cus_B': -500n });
    refused.clear();
    await makeDue(db, world.instanceId);
    expect(await afterSync()).toEqual({});
    expect(await afterSync()).toEqual({});
    expect(await stateOfProof()).toBe('proven');
  });

  test('of a payment that no listing shows any more goes to its customer, who was deleted', async () => {
    await world.configure({ SYNC_SINCE: '2026-11-05' });
    const { world: account, faults } = world.stripe;
    const at = world.clock.nowSeconds() - 100 * DAY;
    const payment = { customer: 'cus_A', amount: 900, createdAt: at, succeededAt: at };
    const { id } = await account.pay({ ...payment, settle: { fee: 0 } });
    expect(await afterSync()).toEqual({});
    await enable();
    world.clock.advance(1);
    await account.money.refund({ payment: id, amount: 400 });
    const customer = { id: 'cus_A', object: 'customer', deleted: true };
    const deleted = faults.add({
      path: '/v1/balance_transactions',
      fault: { kind: 'row', set: { 'source.customer': customer } },
    });
    expect(await afterSync()).toEqual({ '@cus_A': -400n, '@stripe': 400n });
    expect(deleted.fired()).toBeGreaterThan(0);
  });
});
