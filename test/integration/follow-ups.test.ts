/** What follows once more is known, from Stripe's stand-in over HTTP to legs that are staged. */
import { randomUUID } from 'node:crypto';
import { createClock, type Clock } from '../../sandbox/clock';
import { SANDBOX_STRIPE_KEY } from '../../sandbox/stripe/keys';
import { startStripeStandIn, type StripeStandIn } from '../../sandbox/stripe/start';
import { createLedger } from '../../src/blnk/ledger';
import type { BalanceTransaction } from '../../src/domain/movements/balance-transaction';
import { keyFingerprintOf } from '../../src/domain/ids';
import type { Ledger, LedgerEntry } from '../../src/domain/ledger';
import type { PayIn } from '../../src/domain/pay-in';
import { NO_BUDGET } from '../../src/domain/read-budget';
import type { Connection, EngineDeps } from '../../src/engine/deps';
import type { FetchResult } from '../../src/engine/reading/fetch-page';
import { settleFollowUps } from '../../src/engine/movements/follow-ups';
import { instanceSettings } from '../../src/engine/instance-settings';
import { knownOf } from '../../src/engine/movements/known-of';
import { connectDb, type Db } from '../../src/store/db';
import { hasFollowUps } from '../../src/store/follow-ups';
import { ensureInstance } from '../../src/store/instances';
import { stagedLegs } from '../../src/store/legs';
import { disableMovements, enableMovements, findEnabled } from '../../src/store/openings';
import { switchSource } from '../../src/store/sources';
import { createStripeReader } from '../../src/stripe/client';
import {
  aPayIn,
  begin,
  book,
  settle,
  settled,
  stage,
  type RunningSync,
  type SettledStore,
} from '../support/databases/settled-store';
import { testEnvironment } from '../support/environment';
import { silentLogger } from '../support/silent-logger';
import { MOMENT } from '../support/worlds/a-balance-transaction';
import { configureInstance } from '../support/worlds/instance-config';
import { CHART, lines } from '../support/worlds/legs-of-row';

const HOUR = 60 * 60;
const DAY = 24 * HOUR;
const { signal } = new AbortController();
const attempt = { signal, handled: () => undefined, succeeded: () => undefined };

let db: Db;
let clock: Clock;
let stripe: StripeStandIn;
let connection: Connection;
let store: SettledStore;
let sync: RunningSync;
/** What the ledger holds, whatever our rows say. */
let booked: readonly Pick<LedgerEntry, 'reference' | 'amount' | 'status'>[];

beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(() => db.close());
beforeEach(async () => {
  clock = createClock({ startAt: MOMENT - DAY, wallMs: () => 0 });
  stripe = await startStripeStandIn({ scenario: 'empty', seed: 'follow', clock });
  const instanceId = `inst_${randomUUID().slice(0, 8)}`;
  const parts = { instanceId, stripeUrl: stripe.url, blnkUrl: 'http://127.0.0.1:9' };
  const config = configureInstance(parts);
  const reader = createStripeReader(config.stripe, NO_BUDGET, { confirmAfterMs: 0 });
  booked = [];
  const lookUp: Ledger['lookUp'] = (references) => {
    const there = booked.filter(({ reference }) => references.includes(reference));
    const entry = { source: null, destination: null } as LedgerEntry;
    return Promise.resolve(there.map((one) => ({ ...entry, ...one })));
  };
  const ledger = { ...createLedger(config), lookUp };
  connection = { config, stripe: reader, ledger, installId: null, grants: null };
  await ensureInstance(db, instanceSettings(config));
  const { sourceId } = await db.transaction(async (tx) => {
    const source = await switchSource(tx, instanceId, {
      ...{ stripeAccount: 'acct_1', livemode: false, ledgerAddress: ledger.address },
      keyFingerprint: keyFingerprintOf(config.stripe.secretKey.reveal()),
    });
    const enabling = { instanceId, sourceId: source.sourceId, cutOver: CHART.cutOver, by: null };
    await enableMovements(tx, enabling, []);
    return source;
  });
  store = { db, instanceId, sourceId };
  sync = await begin(store);
});
afterEach(() => stripe.close());

/** All that Stripe lists, newest first. */
async function listed(): Promise<BalanceTransaction[]> {
  const all: BalanceTransaction[] = [];
  const range = { from: null, to: null };
  for (let cursor: string | null = null; ;) {
    const page = await connection.stripe.listTransactions(range, cursor, signal);
    all.push(...page.rows);
    if (page.nextCursor === null) return all;
    cursor = page.nextCursor;
  }
}

/** Reads it and books it, as the feed of movements does. */
async function read(): Promise<void> {
  const rows = await listed();
  const { openedAt, countedTo } = (await findEnabled(db, store.sourceId))!;
  const known = await knownOf(db, { ...store, chart: CHART, openedAt, countedTo }, rows);
  const { pageId } = await stage(
    sync,
    rows.map((bt) => settled(bt, known(bt))),
  );
  await settle(sync, pageId);
}

async function follow(cursor: string | null = null): Promise<FetchResult & { kind: 'page' }> {
  const deps = { db, log: silentLogger } as unknown as EngineDeps;
  const { instanceId, syncId } = sync;
  const { windowId } = sync.windows[0]!;
  const input = { instanceId, syncId, windowId, cursor, mayCut: false };
  const page = await settleFollowUps(deps, input, connection, attempt);
  if (page.kind !== 'page') throw new Error(page.kind);
  return page;
}

/** What follows by now, and that nothing is left to follow. */
async function followed(): Promise<string[]> {
  sync = await begin(store);
  const { pageId, nextCursor } = await follow();
  expect(nextCursor).toBeNull();
  const legs = await stagedLegs(db, { ...store, pageId });
  await settle(sync, pageId);
  expect(await hasFollowUps(db, store.sourceId)).toBe(false);
  return lines(legs);
}

type Table = 'disputes' | 'balance_transactions' | 'movements';

async function ago(table: Table, column: string, seconds: number) {
  await db.query(
    `update ${table} set ${column} = now() - make_interval(secs => $2) where instance_id = $1`,
    [store.instanceId, seconds],
  );
}

/** Begun now, and booked once it has succeeded. */
async function aDebit() {
  const { id, charge } = await stripe.world.create({
    ...{ status: 'processing', paymentMethodType: 'sepa_debit', amount: 7_000 },
    ...{ chargeCreatedAt: clock.nowSeconds(), settle: { fee: 0 } },
  });
  return aPayIn({ id, chargeId: charge!.id, amount: 7_000n });
}

test('money of a debit is applied once its pay-in is booked', async () => {
  clock.advance(DAY);
  const debit = await aDebit();
  await read();
  expect(await hasFollowUps(db, store.sourceId)).toBe(false);
  await book(sync, [debit]);
  const [row] = await listed();
  expect(await followed()).toEqual([`${row!.id}.applied: @stripe-unapplied > @stripe 7000 usd`]);
  expect(await followed()).toEqual([]);
});

test('money from before the cut-over leaves the opening balance once its pay-in is booked', async () => {
  const debit = await aDebit();
  clock.advance(DAY);
  await read();
  await book(sync, [debit]);
  const [row] = await listed();
  expect(await followed()).toEqual([`${row!.id}.opening: @stripe-opening > @stripe 7000 usd`]);
});

describe('money of a pay-in that was said to be from before SYNC_SINCE and is booked after all', () => {
  let debit: PayIn;
  const becomes = (state: string) =>
    db.query(`update movements set state = $2 where instance_id = $1 and kind = 'pay_in'`, [
      store.instanceId,
      state,
    ]);

  beforeEach(async () => {
    clock.advance(DAY);
    debit = await aDebit();
  });

  test('leaves the opening balance again', async () => {
    await book(sync, [debit]);
    await becomes('before_since');
    await read();
    expect(await followed()).toEqual([]);
    await becomes('posted');
    const [row] = await listed();
    expect(await followed()).toEqual([`${row!.id}.opening: @stripe-opening > @stripe 7000 usd`]);
    expect(await followed()).toEqual([]);
  });

  test('does so as well where it had waited before', async () => {
    await read();
    await book(sync, [debit]);
    await becomes('before_since');
    const [row] = await listed();
    const { id } = row!;
    expect(await followed()).toEqual([
      `${id}.applied: @stripe-unapplied > @stripe-opening 7000 usd`,
    ]);
    await becomes('posted');
    expect(await followed()).toEqual([`${id}.opening: @stripe-opening > @stripe 7000 usd`]);
    expect(await followed()).toEqual([]);
  });
});

test('what is left of a booked pay-in is in suspense a day later', async () => {
  clock.advance(DAY);
  const debit = await aDebit();
  await read();
  await book(sync, [{ ...debit, amount: 7_001n }]);
  expect(await followed()).toHaveLength(1);
  await ago('balance_transactions', 'seen_at', DAY + HOUR);
  expect(await followed()).toEqual([]);
  await ago('movements', 'posted_at', DAY + HOUR);
  expect(await followed()).toEqual([`${debit.id}.diff: @stripe-suspense > @stripe 1 usd`]);
  expect(await followed()).toEqual([]);
});

describe('a charge without a PaymentIntent', () => {
  beforeEach(async () => {
    clock.advance(DAY);
    const pending = { status: 'pending', amount: 900, settle: { fee: 0 } } as const;
    await stripe.world.charge({ ...pending, id: 'py_1', customer: 'cus_1' });
    await read();
  });

  test('is a pay-in once Stripe says that it has succeeded', async () => {
    await stripe.world.money.finishCharge({ charge: 'py_1' });
    expect(await followed()).toEqual([]);
    await ago('balance_transactions', 'seen_at', 7 * HOUR);
    const [row] = await listed();
    expect(await followed()).toEqual([
      'py_1: @stripe > @cus_1 900 usd',
      `${row!.id}.applied: @stripe-unapplied > @stripe 900 usd`,
    ]);
  });

  test('that is pending still is asked for again later', async () => {
    await ago('balance_transactions', 'seen_at', 7 * HOUR);
    expect(await followed()).toEqual([]);
    await stripe.world.money.finishCharge({ charge: 'py_1' });
    expect(await followed()).toEqual([]);
    await ago('balance_transactions', 'asked_at', 7 * HOUR);
    expect(await followed()).toHaveLength(2);
  });

  test('that has failed is asked for no more', async () => {
    await stripe.world.money.failDebit({ payment: 'py_1' });
    await ago('balance_transactions', 'seen_at', 7 * HOUR);
    expect(await followed()).toEqual([]);
    await ago('balance_transactions', 'asked_at', 7 * HOUR);
    expect(await hasFollowUps(db, store.sourceId)).toBe(false);
  });
});

describe('a dispute', () => {
  let payment: string;
  let dispute: string;

  beforeEach(async () => {
    clock.advance(DAY);
    const { id, charge } = await stripe.world.pay({ amount: 5_999, settle: { fee: 0 } });
    payment = id;
    await book(sync, [aPayIn({ id, chargeId: charge!.id, amount: 5_999n })]);
    ({ id: dispute } = await stripe.world.money.dispute({ payment: id, fee: 0 }));
    await read();
  });

  test('is its payer’s once it is lost, which Stripe is asked for once a day', async () => {
    expect(await followed()).toEqual([]);
    await stripe.world.money.closeDispute({ dispute, status: 'lost' });
    expect(await followed()).toEqual([]);
    await ago('disputes', 'asked_at', DAY + HOUR);
    const [row] = await listed();
    expect(await followed()).toEqual([`${row!.id}.lost: @cus_1 > @stripe-disputes 5999 usd`]);
    await ago('disputes', 'asked_at', DAY + HOUR);
    expect(await followed()).toEqual([]);
  });

  test('of which something comes back after it was lost is booked again as a whole', async () => {
    await stripe.world.money.closeDispute({ dispute, status: 'lost' });
    expect(await followed()).toHaveLength(1);
    await stripe.world.money.adjustDispute({ dispute, amount: 50, fee: 0 });
    await read();
    const legs = await followed();
    expect(legs).toEqual([expect.stringContaining('.lost: @stripe-disputes > @cus_1 50 usd')]);
  });

  test('whose appeal is won after it was lost gives its payer all of it back', async () => {
    await stripe.world.money.closeDispute({ dispute, status: 'lost' });
    expect(await followed()).toHaveLength(1);
    await stripe.world.money.updateDispute({ dispute, status: 'under_review' });
    await ago('disputes', 'asked_at', DAY + HOUR);
    expect(await followed()).toEqual([]);
    clock.advance(HOUR);
    await stripe.world.money.closeDispute({ dispute, status: 'won' });
    await read();
    const [won] = await listed();
    expect(await followed()).toEqual([`${won!.id}.lost: @stripe-disputes > @cus_1 5999 usd`]);
    await ago('disputes', 'asked_at', DAY + HOUR);
    expect(await followed()).toEqual([]);
  });

  test('is judged by itself where its payment is disputed once more', async () => {
    await stripe.world.money.closeDispute({ dispute, status: 'lost' });
    const [first] = await listed();
    clock.advance(HOUR);
    const again = await stripe.world.money.dispute({ payment, amount: 2_000, fee: 0 });
    await read();
    const [second] = await listed();
    expect(await followed()).toEqual([`${first!.id}.lost: @cus_1 > @stripe-disputes 5999 usd`]);
    await stripe.world.money.closeDispute({ dispute: again.id, status: 'lost' });
    await ago('disputes', 'asked_at', DAY + HOUR);
    expect(await followed()).toEqual([`${second!.id}.lost: @cus_1 > @stripe-disputes 2000 usd`]);
    await ago('disputes', 'asked_at', DAY + HOUR);
    expect(await followed()).toEqual([]);
  });

  test('that is won leaves nothing', async () => {
    await stripe.world.money.closeDispute({ dispute, status: 'won' });
    await read();
    expect(await followed()).toEqual([]);
    await ago('disputes', 'asked_at', DAY + HOUR);
    expect(await followed()).toEqual([]);
  });

  test('that was booked as lost before it was won stays so after the database is lost', async () => {
    await stripe.world.money.closeDispute({ dispute, status: 'won' });
    const [won, taken] = await listed();
    const reference = `${taken!.id}.lost`;
    await read();
    // A posting that was refused is none, and one of another amount is not this loss.
    const isNone = [
      { reference, amount: 5_999n, status: 'REJECTED' },
      { reference, amount: 5_998n, status: 'APPLIED' },
    ];
    for (const one of isNone) {
      booked = [one];
      expect(await followed()).toEqual([]);
      await db.query('update disputes set is_due = true where source_id = $1', [sync.sourceId]);
    }
    booked = [{ reference, amount: 5_999n, status: 'APPLIED' }];
    expect(await followed()).toEqual([
      `${taken!.id}.lost: @cus_1 > @stripe-disputes 5999 usd`,
      `${won!.id}.lost: @stripe-disputes > @cus_1 5999 usd`,
    ]);
    expect(await followed()).toEqual([]);
  });

  test('that the key may not read is asked about again later, and stops nothing', async () => {
    await stripe.world.money.closeDispute({ dispute, status: 'lost' });
    const key = { key: SANDBOX_STRIPE_KEY, livemode: false };
    stripe.addKey({ ...key, permissions: ['rak_balance_transaction_source_read'] });
    expect(await followed()).toEqual([]);
    stripe.addKey(key);
    await ago('disputes', 'asked_at', DAY + HOUR);
    expect(await followed()).toHaveLength(1);
  });
});

describe('a page', () => {
  beforeEach(async () => {
    clock.advance(DAY);
    const debits: PayIn[] = [];
    for (let n = 0; n < 101; n += 1) debits.push(await aDebit());
    await read();
    await book(sync, debits);
  });

  test('takes a hundred rows, and a repeat of it no others', async () => {
    const first = await follow();
    expect(first).toMatchObject({ count: 100, nextCursor: '2' });
    expect(await follow()).toEqual(first);
    const second = await follow('2');
    expect(second).toMatchObject({ count: 1, nextCursor: null });
    expect(await follow('2')).toEqual(second);
    expect(await hasFollowUps(db, store.sourceId)).toBe(false);
  });

  test('is empty where movements are not carried over any more', async () => {
    await disableMovements(db, store.sourceId);
    expect(await follow()).toMatchObject({ count: 0, windows: [] });
  });
});
