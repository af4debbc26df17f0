/** What becomes of rows that were read while the key could not see what they were of. */
import { SANDBOX_STRIPE_KEY } from '../../sandbox/stripe/keys';
import type { Connection } from '../../src/engine/deps';
import { connectDb, type Db } from '../../src/store/db';
import { distrustRows } from '../../src/store/row-reading';
import { latestProof } from '../../src/store/proofs';
import { currentSource } from '../../src/store/sources';
import { balanceOf, negated, trulyHeld } from '../support/books/money-books';
import { quarantined } from '../support/books/books-of-world';
import { testEnvironment } from '../support/environment';
import { startWorld, type DrivenWorld } from '../support/worlds/driver-world';

const START = Date.UTC(2026, 2, 1) / 1000;
const HOUR = 60 * 60;
const KEY = { key: SANDBOX_STRIPE_KEY, livemode: false };
/** All that the movements need but the charges. */
const WITHOUT_CHARGES = [
  ...['rak_payment_intent_read', 'rak_event_read', 'rak_accounts_kyc_basic_read'],
  ...['rak_balance_read', 'rak_balance_transaction_source_read', 'rak_dispute_read'],
  ...['rak_payout_read', 'rak_transfer_read', 'rak_application_fee_read'],
];

const WITH_ALL = [...WITHOUT_CHARGES, 'rak_charge_read', 'rak_top_up_read'];

let db: Db;
let world: DrivenWorld;
/** Which lists Stripe answers without what rows are of; a tail has no upper bound. */
let hides: (range: { readonly to: number | null }) => boolean;

beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(() => db.close());
beforeEach(async () => {
  world = await startWorld(db, {
    startAt: START,
    settings: { SYNC_SINCE: 'all', MOVEMENTS: 'on' },
    through: showing,
  });
  hides = () => false;
  await sync();
});
afterEach(() => world.close());

/** Without a word about a right: rows are read again only as the tail overlaps. */
function showing(connection: Connection): Connection {
  const { stripe } = connection;
  const listTransactions: typeof stripe.listTransactions = async (...asked) => {
    const page = await stripe.listTransactions(...asked);
    if (!hides(asked[0])) return page;
    const rows = page.rows.map((bt) => ({ ...bt, source: { object: 'other', id: null } as const }));
    return { ...page, rows };
  };
  return { ...connection, stripe: { ...stripe, listTransactions } };
}

async function sync(after = HOUR): Promise<void> {
  world.clock.advance(after);
  const { row } = await world.driver.sync();
  expect(row).toMatchObject({ status: expect.stringMatching(/^completed/) as unknown });
}

/** Reads what has happened with a key that may not see charges, and again once it may. */
async function readTwice(): Promise<void> {
  world.stripe.addKey({ ...KEY, permissions: WITHOUT_CHARGES });
  await sync();
  expect((await quarantined(world)).size).toBe(1);
  world.stripe.addKey(KEY);
  await sync();
}

async function expectNothingLeft(): Promise<void> {
  expect([...(await quarantined(world))]).toEqual([]);
  expect(balanceOf(world, '@stripe-unapplied')).toEqual({});
  expect(negated(balanceOf(world, '@stripe'))).toEqual(trulyHeld(world));
}

test('a right that is lost changes nothing that is booked, also where the row is read again', async () => {
  await world.stripe.world.pay({ amount: 5_000 });
  await sync(60);
  world.stripe.addKey({ ...KEY, permissions: WITHOUT_CHARGES });
  await sync(60);
  await sync(60);
  await expectNothingLeft();
});

test.each(['rak_transfer_read', 'rak_dispute_read'])(
  'rows that are all read anew without %s stay whose they are',
  async (right) => {
    const { money, ...happens } = world.stripe.world;
    await happens.pay({ id: 'pi_1', amount: 90_000 });
    const { id: transfer } = await money.transfer({ amount: 4_000, destination: 'acct_Other' });
    await money.reverseTransfer({ transfer, amount: 1_000 });
    await money.dispute({ payment: 'pi_1', amount: 2_000, fee: 0 });
    await sync();
    expect(balanceOf(world, '@acct_Other')).toEqual({ USD: -3_000n });
    const booked = await legs();
    const permissions = WITH_ALL.filter((one) => one !== right);
    world.stripe.addKey({ ...KEY, permissions });
    const { sourceId } = (await currentSource(db, world.instanceId))!;
    await db.transaction((tx) => distrustRows(tx, sourceId));
    await sync();
    expect([...(await quarantined(world))]).toEqual([]);
    expect(await legs()).toEqual(booked);
    expect(balanceOf(world, '@acct_Other')).toEqual({ USD: -3_000n });
  },
);

/** A transfer by its id alone, as of a key without the right to read it. */
function withoutTransfers(connection: Connection): Connection {
  const { stripe } = connection;
  const listTransactions: typeof stripe.listTransactions = async (...asked) => {
    const page = await stripe.listTransactions(...asked);
    const rows = page.rows.map((bt) => {
      const { source } = bt;
      return source.object === 'transfer'
        ? { ...bt, source: { ...source, destination: null } }
        : bt;
    });
    return { ...page, rows };
  };
  return { ...connection, stripe: { ...stripe, listTransactions } };
}

test('after a lost database transfers stay whose they are, though the key may not read them any more', async () => {
  const { money, ...happens } = world.stripe.world;
  await happens.pay({ amount: 90_000 });
  const { id: transfer } = await money.transfer({ amount: 4_000, destination: 'acct_Other' });
  await money.reverseTransfer({ transfer, amount: 1_000 });
  await sync();
  const booked = await sides();
  const settings = { SYNC_SINCE: 'all', MOVEMENTS: 'on' };
  const first = world;
  world = await startWorld(db, {
    ...{ startAt: START, settings, through: withoutTransfers, beside: first },
  });
  try {
    await sync();
    expect([...(await quarantined(world))]).toEqual([]);
    expect((await latestProof(db, world.instanceId))?.proof.state).toBe('proven');
    expect(await sides()).toEqual(booked);
    // And what the ledger loses then is posted again as it was.
    const { ledger } = world.blnk;
    const lost = ledger.rows.filter(({ reference }) => booked.some(({ id }) => id === reference));
    ledger.forget(lost.map(({ seq }) => seq));
    await sync();
    expect(balanceOf(world, '@acct_Other')).toEqual({ USD: -3_000n });
    expect(balanceOf(world, '@stripe-transfers')).toEqual({});
    await expectNothingLeft();
  } finally {
    world = first;
  }
});

const sides = () =>
  db.query<{ id: string }>(
    `select movement_id as id, from_balance, to_balance from movements
     where instance_id = $1 and leg is not null order by 1`,
    [world.instanceId],
  );

/** Between which balances each is booked, and what the ledger was told of it. */
const legs = () =>
  db.query(
    `select movement_id, from_balance, to_balance, metadata from movements
     where instance_id = $1 and leg is not null order by 1`,
    [world.instanceId],
  );

test('money of a pay-in that was booked meanwhile does not leave what it never came to', async () => {
  await world.stripe.world.pay({ amount: 5_000 });
  await readTwice();
  await expectNothingLeft();
});

test('a charge without a PaymentIntent is booked once it can be seen to be one', async () => {
  await world.stripe.world.charge({ amount: 5_000, customer: 'cus_1' });
  await readTwice();
  await expectNothingLeft();
  expect(balanceOf(world, '@cus_1')).toEqual({ USD: 5_000n });
});

test('a charge without a PaymentIntent that is pending is waited for', async () => {
  const { money, ...happens } = world.stripe.world;
  const { id: charge } = await happens.charge({ amount: 5_000, status: 'pending' });
  await readTwice();
  expect(balanceOf(world, '@stripe-unapplied')).toEqual({ USD: 5_000n });
  await money.finishCharge({ charge });
  await db.query(
    `update balance_transactions set seen_at = now() - interval '7 hours' where instance_id = $1`,
    [world.instanceId],
  );
  await sync();
  await expectNothingLeft();
});

describe('a row whose charge Stripe did not show at first, and shows as the tail reads it again', () => {
  beforeEach(() => void (hides = () => true));

  async function readAgain(): Promise<void> {
    await sync(60);
    expect((await quarantined(world)).size).toBe(1);
    const bounds: (number | null)[] = [];
    hides = ({ to }) => bounds.push(to) < 0;
    await sync(60);
    expect(bounds).toEqual([null]);
  }

  test('is booked together with what undoes it', async () => {
    await world.stripe.world.pay({ amount: 5_000 });
    await readAgain();
    await expectNothingLeft();
  });

  test('is booked as a charge without a PaymentIntent', async () => {
    await world.stripe.world.charge({ amount: 5_000, customer: 'cus_1' });
    await readAgain();
    await expectNothingLeft();
    expect(balanceOf(world, '@cus_1')).toEqual({ USD: 5_000n });
  });

  test('waits as any other while its charge is pending', async () => {
    await world.stripe.world.charge({ amount: 5_000, status: 'pending' });
    await readAgain();
    expect([...(await quarantined(world))]).toEqual([]);
    expect(balanceOf(world, '@stripe-unapplied')).toEqual({ USD: 5_000n });
    expect(negated(balanceOf(world, '@stripe'))).toEqual(trulyHeld(world));
  });
});
