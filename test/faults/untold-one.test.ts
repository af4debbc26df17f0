/** One thing of many that Stripe fails on for ever keeps none of the others waiting. */
import type { Connection } from '../../src/engine/deps';
import { SyncError } from '../../src/domain/errors';
import { connectDb, type Db } from '../../src/store/db';
import { balanceOf } from '../support/books/money-books';
import { testEnvironment } from '../support/environment';
import { startWorld, type DrivenWorld } from '../support/worlds/driver-world';
import { enableWorld } from '../support/worlds/enabled-world';
import { askAboutDisputes } from '../support/worlds/make-due';

let db: Db;
let world: DrivenWorld;
let failsOn: (id: string) => boolean;
let refusals: number;

beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(() => db.close());
afterEach(() => world.close());

function failing<Told>(read: (id: string, signal: AbortSignal) => Promise<Told>) {
  return (id: string, signal: AbortSignal): Promise<Told> => {
    if (!failsOn(id)) return read(id, signal);
    refusals += 1;
    return Promise.reject(new SyncError('STRIPE_UNAVAILABLE', {}));
  };
}

const through = (connection: Connection): Connection => {
  const { stripe } = connection;
  const readDispute = failing((id, signal) => stripe.readDispute(id, signal));
  const readTransaction = failing((id, signal) => stripe.readTransaction(id, signal));
  const readPayIn = failing((id, signal) => stripe.readPayIn(id, signal));
  return { ...connection, stripe: { ...stripe, readDispute, readTransaction, readPayIn } };
};

async function enable(): Promise<void> {
  failsOn = () => false;
  refusals = 0;
  world = await startWorld(db, { startAt: Date.UTC(2026, 5, 11, 12) / 1000, through });
  await world.stripe.world.pay({ id: 'pi_1', amount: 1_000 });
  await world.driver.sync();
  await enableWorld(world, { cutOver: null });
}

/** A later run, which has another pay-in to book. */
async function completes(id: string): Promise<void> {
  await world.stripe.world.pay({ id, amount: 2_000 });
  world.clock.advance(3_600);
  expect((await world.driver.sync()).row).toMatchObject({ status: 'completed' });
  expect(references()).toContain(id);
}

const references = () => world.blnk.ledger.rows.map(({ reference }) => reference);

async function notes(): Promise<readonly string[] | undefined> {
  const [row] = await db.query<{ notes: readonly string[] }>(
    `select notes from stripe_syncs where instance_id = $1 order by started_at desc limit 1`,
    [world.instanceId],
  );
  return row?.notes;
}

/** Than what is asked for again only after a while. */
const rowsAreOlder = () =>
  db.query(
    `update balance_transactions set seen_at = now() - interval '7 hours', asked_at = null where instance_id = $1`,
    [world.instanceId],
  );

test('one dispute that Stripe fails on for ever, while it tells of another one', async () => {
  await enable();
  const { money } = world.stripe.world;
  await money.dispute({ payment: 'pi_1', fee: 0 });
  await completes('pi_2');
  const { id: lost } = await money.dispute({ payment: 'pi_2', fee: 0 });
  await completes('pi_2b');
  await money.closeDispute({ dispute: lost, status: 'lost' });
  await askAboutDisputes(db, world.instanceId);
  failsOn = (id) => id !== lost;
  await completes('pi_3');
  expect(refusals).toBe(2);
  expect(await notes()).toEqual(['FOLLOW_UPS_NOT_READ']);
  expect(references().some((one) => one.endsWith('.lost'))).toBe(true);
  // It has its turn again, and keeps nobody waiting until then.
  await completes('pi_4');
  expect(refusals).toBe(2);
  expect(await notes()).toEqual([]);
});

test('one lone charge that Stripe fails on for ever, while it tells of another one', async () => {
  await enable();
  const of = { amount: 1_500, customer: 'cus_L', status: 'pending', settle: { fee: 0 } } as const;
  const { id: failing } = await world.stripe.world.charge(of);
  await world.stripe.world.charge(of);
  await completes('pi_2');
  const rows = world.stripe.world.account.transactions.stored.rows();
  const { transaction } = rows.find((one) => one.transaction.source === failing)!;
  await rowsAreOlder();
  failsOn = (id) => id === transaction.id;
  await completes('pi_3');
  expect(refusals).toBe(2);
  expect(await notes()).toEqual(['FOLLOW_UPS_NOT_READ']);
  await completes('pi_4');
  expect(refusals).toBe(2);
});

test('one payment that no event tells of and that Stripe fails on, until it tells of it', async () => {
  await enable();
  await completes('pi_2');
  failsOn = (id) => id === 'pi_untold';
  const untold = { id: 'pi_untold', amount: 700, customer: 'cus_U' };
  await world.stripe.world.pay({ ...untold, eventLagSeconds: 400 * 86_400 });
  await completes('pi_3');
  expect(refusals).toBe(2);
  expect(await notes()).toEqual(['FOLLOW_UPS_NOT_READ']);
  expect(balanceOf(world, '@stripe-unapplied')).toEqual({ USD: 700n });
  // What was listed lately is listed once more.
  await completes('pi_4');
  const before = refusals;
  await completes('pi_5');
  expect(refusals).toBe(before);
  expect(await notes()).toEqual([]);
  await rowsAreOlder();
  await completes('pi_6');
  await completes('pi_7');
  expect(refusals).toBe(before + 2);
  failsOn = () => false;
  await rowsAreOlder();
  await completes('pi_8');
  await completes('pi_9');
  expect(balanceOf(world, '@stripe-unapplied')['USD'] ?? 0n).toBe(0n);
  expect(balanceOf(world, '@cus_U')).toEqual({ USD: 700n });
});
