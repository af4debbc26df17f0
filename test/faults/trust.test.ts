/** How far a sync believes what was read before: a watermark or a listing too many loses payments. */
import { MockActivityEnvironment } from '@temporalio/testing';
import { createActivities } from '../../src/activities';
import type { Connection } from '../../src/engine/deps';
import type { PayInFeed } from '../../src/domain/feeds';
import { SyncError } from '../../src/domain/errors';
import { startBlnkStandIn } from '../../sandbox/blnk/start';
import { connectDb, type Db } from '../../src/store/db';
import { currentSource, switchSource } from '../../src/store/sources';
import { bookings, expectConsistent, expectedBookings } from '../support/books/books-of-world';
import { startWorld, type DrivenWorld } from '../support/worlds/driver-world';
import { testEnvironment } from '../support/environment';
import { silentLogger } from '../support/silent-logger';

const HOUR = 3_600;
const DAY = 24 * HOUR;
const START = Date.UTC(2029, 8, 1, 12) / 1000;

type Answered = PayInFeed | 'lookUp';

let db: Db;
let world: DrivenWorld;
/** Runs after each answer of this kind, before anybody has heard of it. */
let after: Partial<Record<Answered, (asked: readonly unknown[]) => Promise<void> | void>>;

/** The connection, with what `after` holds for each answer. */
function through(connection: Connection): Connection {
  const { stripe, ledger } = connection;
  const then =
    <Given extends unknown[], Answer>(name: Answered, ask: (...given: Given) => Promise<Answer>) =>
    async (...given: Given) => {
      const answer = await ask(...given);
      await after[name]?.(given);
      return answer;
    };
  return {
    ...connection,
    stripe: {
      ...stripe,
      readPage: (...given: Parameters<typeof stripe.readPage>) =>
        then(given[0].feed, (...asked: typeof given) => stripe.readPage(...asked))(...given),
    },
    ledger: {
      ...ledger,
      lookUp: then('lookUp', (...given: Parameters<typeof ledger.lookUp>) =>
        ledger.lookUp(...given),
      ),
    },
  };
}

beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(() => db.close());
beforeEach(async () => {
  after = {};
  world = await startWorld(db, { startAt: START, through });
});
afterEach(() => world.close());

type Pay = Parameters<typeof world.stripe.world.pay>[0];

async function pay(count: number, options: Pay = {}): Promise<void> {
  for (let index = 0; index < count; index += 1) await world.stripe.world.pay(options);
}

/** Runs a sync to its end; what it says must hold. */
async function sync() {
  const { row } = await world.driver.sync();
  expectConsistent(row!);
  return row!;
}

const watermark = async () => (await currentSource(db, world.instanceId))?.watermark ?? null;
const expectEqual = () => expect(bookings(world)).toEqual(expectedBookings(world));
const now = () => world.clock.nowSeconds();

/** Queries of the listing's requests since they were looked at last. */
function listed(): URLSearchParams[] {
  const asked = world.stripe.requests.list('/v1/payment_intents');
  world.stripe.requests.clear();
  return asked.map(({ query }) => new URLSearchParams(query));
}

describe('a watermark', () => {
  it.each([
    ['23 days old is read on from', 23, false],
    ['26 days old is not, though Stripe may still have the events', 26, true],
  ])('that is %s', async (_what, days, lists) => {
    await pay(3);
    await sync();
    listed();
    await pay(2);
    world.clock.advance(days * DAY);
    expect(await sync()).toMatchObject({ status: 'completed', counts: { posted: 2 } });
    expect(listed().length > 0).toBe(lists);
    expectEqual();
    // The database's clock is years away, so it stays a week behind (docs/decisions/completeness.md).
    expect(await watermark()).toBeGreaterThan(now() - 8 * DAY);
  });

  it('whose tail takes so long that its oldest events are gone meanwhile is not trusted', async () => {
    await sync();
    world.clock.advance(HOUR);
    await pay(2);
    world.clock.advance(23 * DAY);
    await pay(120);
    // The first page of the tail is the newest; the oldest events die before the second one comes.
    let pages = 0;
    after.events = () => {
      pages += 1;
      if (pages === 1) world.clock.advance(8 * DAY);
    };
    expect(await sync()).toMatchObject({ status: 'completed' });
    expect(pages).toBeGreaterThan(1);
    expectEqual();
  });

  it('goes by the first answer of a tail, whose answers become one page', async () => {
    await sync();
    world.clock.advance(HOUR);
    await pay(210);
    const first = now();
    after.events = async () => {
      world.clock.advance(HOUR);
      await pay(1);
    };
    const { syncId } = await sync();
    expect(await watermark()).toBe(first - 60);
    const pages = await db.query('select found from sync_pages where sync_id = $1 and found > 0', [
      syncId,
    ]);
    expect(pages).toEqual([{ found: 210 }]);
    after = {};
    await sync();
    expectEqual();
  });

  it('of an answer that came from the future is not trusted once time is back', async () => {
    await pay(1);
    world.clock.advance(2 * DAY);
    await sync();
    world.clock.advance(-2 * DAY + HOUR);
    await pay(3);
    world.clock.advance(HOUR);
    expect(await sync()).toMatchObject({ status: 'completed' });
    expectEqual();
  });

  it('does not go back when Stripe’s time does', async () => {
    await pay(1);
    await sync();
    const reached = await watermark();
    world.clock.advance(-300);
    expect(await sync()).toMatchObject({ status: 'completed' });
    expect(await watermark()).toBeGreaterThanOrEqual(reached!);
  });

  it('is none as long as a window of the listing is open', async () => {
    await pay(1);
    const hidden = 'win_cut_late';
    // A window that an attempt has cut which Temporal took for dead.
    after.events = async () => {
      after = {};
      await db.query(
        `insert into sync_windows (window_id, sync_id, source_id, listing_id, feed, position,
           from_s, to_s, with_charge)
         select $2 || w.sync_id, w.sync_id, w.source_id, w.listing_id, w.feed, w.position, w.from_s,
           w.to_s, w.with_charge
         from sync_windows w join stripe_syncs s using (sync_id)
         where s.instance_id = $1 and w.listing_id is not null limit 1`,
        [world.instanceId, hidden],
      );
    };
    await sync();
    const [window] = await db.query<{ state: string }>(
      `select w.state from sync_windows w join stripe_syncs s using (sync_id)
       where s.instance_id = $1 and w.window_id like $2 || '%'`,
      [world.instanceId, hidden],
    );
    expect([window?.state === 'done', (await watermark()) !== null]).toEqual(
      window?.state === 'done' ? [true, true] : [false, false],
    );
    await sync();
    expect(await watermark()).not.toBeNull();
    expectEqual();
  });
});

describe('a listing that was not read to its end', () => {
  /** Stripe fails in its middle, so that a listing is left with an open window. */
  async function leaveListing(): Promise<void> {
    await pay(250);
    const fault = { kind: 'status', status: 500, json: {} } as const;
    world.stripe.faults.add({ path: '/v1/payment_intents', skip: 2, fault });
    expect(await sync()).toMatchObject({ status: 'failed' });
    world.stripe.faults.clear();
    listed();
  }

  it('is gone on with after 24 days', async () => {
    await leaveListing();
    world.clock.advance(24 * DAY);
    await pay(1);
    expect(await sync()).toMatchObject({ status: 'completed' });
    const [first] = listed();
    expect(Number(first?.get('created[lte]'))).toBeLessThan(now() - DAY);
    expectEqual();
  });

  it('is begun anew after 26 days, and its old windows are not read', async () => {
    await leaveListing();
    world.clock.advance(26 * DAY);
    await pay(1);
    expect(await sync()).toMatchObject({ status: 'completed' });
    const [first] = listed();
    expect(Number(first?.get('created[lte]'))).toBeGreaterThan(now() - HOUR);
    expectEqual();
  });
});

it('a cursor that Stripe forgets again and again ends the sync', async () => {
  await pay(150);
  let deaths = 0;
  after.payment_intents = ([, cursor]) => {
    // Not for ever, should nobody else end it.
    if (cursor === null || deaths >= 20) return;
    deaths += 1;
    throw new SyncError('STRIPE_CURSOR_DEAD');
  };
  expect(await sync()).toMatchObject({ status: 'failed', error: 'STRIPE_CURSOR_DEAD' });
  after = {};
  expect(await sync()).toMatchObject({ status: 'completed' });
  expectEqual();
});

it('a ledger whose reads lag behind its postings is asked again, and nothing is set aside', async () => {
  await pay(3);
  await sync();
  // Nobody here knows of them: the ledger says that the references are taken, and does not show them yet.
  const other = await startWorld(db, { startAt: START, beside: world });
  const nothing = { kind: 'status', status: 200, json: [] } as const;
  world.blnk.faults.add({ path: '/transactions/filter', times: 3, fault: nothing });
  const { row } = await other.driver.sync();
  expect(row).toMatchObject({ status: 'completed', counts: { alreadyPosted: 3, posted: 0 } });
  expectEqual();
});

describe('a window that an attempt asks for too late', () => {
  /** A sync that stands still after it has planned, and the late attempt to read what it has planned. */
  async function late(change: string) {
    await pay(3);
    const { syncId } = await world.driver.sync({ interruptions: [{ after: 36, how: 'hold' }] });
    const [window] = await db.query<{ id: string }>(
      `update sync_windows set ${change} where sync_id = $1 and feed = 'payment_intents'
       returning window_id as id`,
      [syncId],
    );
    world.stripe.requests.clear();
    const { instanceId, deps } = world;
    const activities = createActivities({ ...deps, isOwnerOpen: () => Promise.resolve(true) });
    const input = { instanceId, syncId, windowId: window!.id, cursor: null, mayCut: true };
    const environment = new MockActivityEnvironment({}, { logger: silentLogger });
    return environment.run(activities.fetchPayIns, input);
  }

  it('is not read if it was given up', async () => {
    expect(await late(`state = 'void'`)).toEqual({ kind: 'expired' });
    expect(listed()).toEqual([]);
    await world.driver.resume();
  });

  it('is not read if it is of another source', async () => {
    const identity = { stripeAccount: 'acct_1Other', livemode: false, keyFingerprint: 'other' };
    const other = { ...identity, ledgerAddress: 'http://elsewhere' };
    const { sourceId } = await db.transaction((tx) => switchSource(tx, world.instanceId, other));
    await db.query('update sources set is_current = false where source_id = $1', [sourceId]);
    await expect(late(`source_id = '${sourceId}'`)).rejects.toMatchObject({
      type: 'SYNC_NOT_OPEN',
    });
    expect(listed()).toEqual([]);
    await world.driver.resume();
  });
});

describe('a source that changes in the middle of a sync', () => {
  it('gets nothing of what was read for the other one', async () => {
    const elsewhere = await startBlnkStandIn();
    try {
      await pay(3);
      after.payment_intents = () => world.configure({ BLNK_URL: elsewhere.url });
      expect(await sync()).toMatchObject({ status: 'failed', error: 'SOURCE_CHANGED' });
      expect(elsewhere.ledger.rows).toEqual([]);
      expect(bookings(world)).toEqual([]);
      after = {};
      await world.configure({});
      expect(await sync()).toMatchObject({ status: 'completed' });
      expectEqual();
    } finally {
      await elsewhere.close();
    }
  });

  it('keeps its own watermark, whatever the tail of the other one has reached', async () => {
    await sync();
    world.clock.advance(HOUR);
    const reached = now() - DAY;
    after.events = async () => {
      after = {};
      const identity = { stripeAccount: 'acct_1Other', livemode: false, keyFingerprint: 'other' };
      const ledgerAddress = 'http://elsewhere';
      await db.transaction(async (tx) => {
        const { sourceId } = await switchSource(tx, world.instanceId, {
          ...identity,
          ledgerAddress,
        });
        await tx.query(`insert into watermarks (source_id, feed, at_s) values ($1, 'events', $2)`, [
          sourceId,
          reached,
        ]);
      });
    };
    await sync();
    expect(await watermark()).toBe(reached);
  });
});

describe('SYNC_SINCE', () => {
  const day = (seconds: number) => new Date(seconds * 1000).toISOString().slice(0, 10);

  it('is held against the events of a later run, if the first one could not read them', async () => {
    const since = START - 5 * DAY;
    await world.configure({ SYNC_SINCE: day(since) });
    const created = { createdAt: since - 3 * DAY, chargeCreatedAt: since - 3 * DAY };
    const late = { ...created, succeededAt: since + DAY };
    const { id } = await world.stripe.world.pay({ ...late, paymentMethodType: 'sepa_debit' });
    const fault = { kind: 'status', status: 500, json: {} } as const;
    world.stripe.faults.add({ path: '/v1/events', fault });
    expect(await sync()).toMatchObject({ status: 'failed' });
    world.stripe.faults.clear();
    expect(await sync()).toMatchObject({ status: 'completed' });
    expect(bookings(world).map(({ reference }) => reference)).toEqual([id]);
  });

  it('that is set back before anything was posted is listed anew, and takes what it leaves out no more', async () => {
    await pay(3, { createdAt: START - 5 * DAY });
    await world.configure({ SYNC_SINCE: day(START + 2 * DAY) });
    await sync();
    expect(bookings(world)).toEqual([]);
    await world.configure({ SYNC_SINCE: day(START - 10 * DAY) });
    listed();
    expect(await sync()).toMatchObject({ status: 'completed', counts: { posted: 3 } });
    expect(listed().length).toBeGreaterThan(0);
    expectEqual();
  });
});
