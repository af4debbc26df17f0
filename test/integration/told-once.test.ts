/** What Stripe has told of what waits is kept where it is down before it has told of all. */
import { SyncError } from '../../src/domain/errors';
import type { Connection, EngineDeps } from '../../src/engine/deps';
import type { Following } from '../../src/engine/movements/following';
import { followLoneCharges } from '../../src/engine/movements/lone-charges';
import { followUnknownPayments } from '../../src/engine/movements/unknown-payments';
import { connectDb, type Db } from '../../src/store/db';
import {
  aSettledStore,
  begin,
  pageOf,
  settle,
  settled,
  stage,
} from '../support/databases/settled-store';
import { testEnvironment } from '../support/environment';
import { silentLogger } from '../support/silent-logger';
import { aBalanceTransaction, aCharge } from '../support/worlds/a-balance-transaction';
import { CHART, lines } from '../support/worlds/legs-of-row';

const DOWN = new SyncError('STRIPE_UNAVAILABLE', {});
const { signal } = new AbortController();
const attempt = { signal, handled: () => undefined, succeeded: () => undefined };

let db: Db;
let following: Following;
let asked: string[];
let isDown: () => boolean;

beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(() => db.close());

const rowOf = (n: number, status: string, paymentIntentId: string | null) =>
  aBalanceTransaction({
    id: `txn_${n}`,
    source: aCharge({ id: `py_${n}`, paymentIntentId, status, customer: 'cus_1' }),
  });

/** Two rows that wait for long; the first one's charge has succeeded by now. */
async function wait(status: string, paymentOf: (n: number) => string | null): Promise<void> {
  const store = await aSettledStore(db);
  const sync = await begin(store);
  const rows = [1, 2].map((n) => settled(rowOf(n, status, paymentOf(n))));
  const { pageId } = await stage(sync, rows);
  await settle(sync, pageId);
  await db.query(
    `update balance_transactions set seen_at = now() - interval '7 hours' where instance_id = $1`,
    [store.instanceId],
  );
  const tell = <Told>(id: string, told: Told): Promise<Told> => {
    if (isDown()) return Promise.reject(DOWN);
    asked.push(id);
    return Promise.resolve(told);
  };
  const stripe = {
    readTransaction: (id: string) =>
      tell(id, id === 'txn_1' ? rowOf(1, 'succeeded', null) : rowOf(2, 'pending', null)),
    readPayIn: (id: string) => tell(id, undefined),
    readPage: () => Promise.reject(DOWN),
  };
  const opened = { openedAt: new Date(), countedTo: new Date() };
  following = {
    deps: { db, log: silentLogger } as unknown as EngineDeps,
    place: { ...store, ...opened, chart: CHART },
    page: pageOf(sync, 'page_of_ours'),
    connection: { stripe } as unknown as Connection,
    ...{ attempt, asks: true },
  };
}

beforeEach(() => {
  asked = [];
  isDown = () => asked.length === 1;
});

test('of charges without a PaymentIntent a repeat asks for the rest alone', async () => {
  await wait('pending', () => null);
  await expect(followLoneCharges(following, 100)).rejects.toBe(DOWN);
  isDown = () => false;
  const { legs } = await followLoneCharges(following, 100);
  expect(lines(legs)).toContain('txn_1.applied: @stripe-unapplied > @stripe 10000 usd');
  expect(asked).toEqual(['txn_1', 'txn_2']);
  // What is asked after them may be what has failed.
  expect((await followLoneCharges(following, 100)).legs).toEqual(legs);
  expect(asked).toEqual(['txn_1', 'txn_2']);
});

test('of payments that no event has told of a repeat asks for the rest alone', async () => {
  await wait('succeeded', (n) => `pi_${n}`);
  await expect(followUnknownPayments(following, 100)).rejects.toBe(DOWN);
  isDown = () => false;
  await followUnknownPayments(following, 100);
  await followUnknownPayments(following, 100);
  expect(asked).toEqual(['pi_1', 'pi_2']);
});
