/** The totals of an instance's pay-ins are what counting all of them would say, whoever writes them. */
import { randomUUID } from 'node:crypto';
import type { PayIn } from '../../src/domain/pay-in';
import { connectDb, type Db } from '../../src/store/db';
import { ensureInstance } from '../../src/store/instances';
import { countPayIns, moneyByDay } from '../../src/store/pay-in-totals';
import { claimBacklog } from '../../src/store/backlog';
import { savePage } from '../../src/store/pages';
import { stagePage } from '../../src/store/staging';
import { writeOutcomes, type MovementOutcome } from '../../src/store/movements';
import { switchSource } from '../../src/store/sources';
import { openSync } from '../../src/store/syncs';
import { insertWindows, openWindows, type WindowRow } from '../../src/store/windows';
import { testEnvironment } from '../support/environment';
import { makeDue } from '../support/worlds/make-due';

const DAY = 86_400;
const START = Date.UTC(2031, 4, 1) / 1000;
/** As many as are sent and read at once. */
const AT_ONCE = 6;

let db: Db;
let instanceId: string;
let sourceId: string;
let syncs = 0;

beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl, AT_ONCE)));
afterAll(() => db.close());
beforeEach(async () => {
  instanceId = `inst_${randomUUID().slice(0, 8)}`;
  const balances = { source: '@stripe', guest: '@stripe-guest' };
  await ensureInstance(db, { instanceId, balances, syncSince: 'all' });
  const source = await db.transaction((tx) =>
    switchSource(tx, instanceId, {
      stripeAccount: `acct_${instanceId}`,
      livemode: false,
      ledgerAddress: 'http://ledger',
      keyFingerprint: 'fingerprint',
    }),
  );
  ({ sourceId } = source);
});

interface Sync {
  readonly syncId: string;
  readonly windows: WindowRow[];
}

/** A sync that lists, in as many windows as it reads at once. */
async function begin(feed: 'payment_intents' | 'backlog' = 'payment_intents'): Promise<Sync> {
  await db.query(
    `update stripe_syncs set status = 'failed' where instance_id = $1 and status = 'running'`,
    [instanceId],
  );
  const syncId = `sync_${instanceId}_${syncs++}`;
  const owner = { workflowId: syncId, firstRunId: syncId };
  await openSync(db, { syncId, instanceId, trigger: 'cli', scope: { kind: 'full' }, ...owner });
  const plans = Array.from({ length: feed === 'backlog' ? 1 : AT_ONCE }, (_, from) => ({
    ...{ feed, from, to: from + 1, withCharge: false },
  }));
  const planned = { syncId, sourceId, listingId: null, round: 0, plans };
  await db.transaction((tx) => insertWindows(tx, planned));
  return { syncId, windows: await openWindows(db, syncId, []) };
}

/** Of three days and three currencies, so that all pages share all sums. */
function payInsOf(name: string): PayIn[] {
  return Array.from({ length: 60 }, (_, n) => ({
    id: `pi_${instanceId}_${name}_${n}`,
    amount: n === 7 ? null : BigInt(100 + n),
    currency: n === 8 ? null : ['usd', 'eur', 'jpy'][n % 3]!,
    payer: null,
    // One of a time that no date can hold.
    created: n === 9 ? Number.MAX_SAFE_INTEGER : START + (n % 3) * DAY,
    ...{ succeededAt: null, chargedAt: null, livemode: false, fault: null },
  }));
}

const outcomeOf = ({ id: movementId }: PayIn, n: number): MovementOutcome =>
  n % 5 === 0
    ? { kind: 'quarantined', movementId, reason: n % 10 === 0 ? 'CONFLICT' : 'BLNK_FAILED' }
    : n % 7 === 0
      ? { kind: 'before_since', movementId }
      : {
          ...{ kind: 'posted', movementId, reference: movementId },
          ...{ transactionId: 'txn', bookedAt: null },
        };

async function write({ syncId }: Sync, pageId: string, outcomes: MovementOutcome[]): Promise<void> {
  const page = { instanceId, sourceId, syncId, pageId };
  // In several batches, as they become known; the last ones stay open.
  for (let at = 0; at < outcomes.length; at += 20) {
    await writeOutcomes(db, page, outcomes.slice(at, at + 20));
  }
}

/** All windows at once, which is how pages of an instance meet. */
function readAll(sync: Sync): Promise<unknown> {
  return Promise.all(
    sync.windows.map(async (window, at) => {
      const pageId = `page_${sync.syncId}_${at}`;
      const answer = { nextCursor: null, answer: { answeredAt: START, newest: null } };
      const payIns = payInsOf(String(at));
      const page = { pageId, syncId: sync.syncId, instanceId, window, cursor: null, ...answer };
      await stagePage(db, page, payIns);
      await write(sync, pageId, payIns.slice(0, 55).map(outcomeOf));
      await savePage(db, sync.syncId, pageId);
    }),
  );
}

async function expectTrue(): Promise<void> {
  const counted = await db.query(
    `select source_id, case when created_s between 0 and 253402300799
         then (to_timestamp(created_s) at time zone 'UTC')::date else '-infinity' end as day,
       coalesce(currency, '') as currency, state, coalesce(reason, '') as reason,
       count(*) as count, coalesce(sum(amount), 0)::text as amount
     from movements where instance_id = $1 and state <> 'staged' group by 1, 2, 3, 4, 5
     order by 1, 2, 3, 4, 5`,
    [instanceId],
  );
  const kept = await db.query(
    `select source_id, day, currency, state, reason, count, amount::text from pay_in_totals
     where instance_id = $1 and (count <> 0 or amount <> 0) order by 1, 2, 3, 4, 5`,
    [instanceId],
  );
  expect(kept).toEqual(counted);
}

it('holds while pages are written at once, by a first listing and by one that takes all over', async () => {
  await readAll(await begin());
  await expectTrue();
  expect(await countPayIns(db, instanceId)).toMatchObject({ staged: 5 * AT_ONCE });
  await readAll(await begin());
  await expectTrue();
  expect(await countPayIns(db, instanceId)).toMatchObject({ quarantined: 11 * AT_ONCE });
});

it('holds when pay-ins are tried again, left in the middle, and deleted', async () => {
  await readAll(await begin());
  await makeDue(db, instanceId);
  await expectTrue();
  const sync = await begin('backlog');
  const page = { pageId: `page_${sync.syncId}`, syncId: sync.syncId, instanceId, cursor: null };
  const claimed = await claimBacklog(db, { ...page, window: sync.windows[0]! });
  expect(claimed).toMatchObject({ count: 96, nextCursor: null });
  await expectTrue();
  await db.query(`delete from movements where instance_id = $1 and currency = 'usd'`, [instanceId]);
  await expectTrue();
  await db.query(`update movements set amount = 5, state = 'posted' where instance_id = $1`, [
    instanceId,
  ]);
  await expectTrue();
});

it('tells the money of each day from a day on', async () => {
  await readAll(await begin());
  const [first, ...others] = await moneyByDay(db, instanceId, '2031-05-03');
  expect(others.every(({ day }) => day === '2031-05-03')).toBe(true);
  expect(first).toMatchObject({ day: '2031-05-03', currency: 'JPY' });
  const [row] = await db.query<{ sum: string }>(
    `select sum(amount)::text as sum from movements
     where instance_id = $1 and state = 'posted' and currency = 'jpy'`,
    [instanceId],
  );
  expect(first?.inLedger).toBe(BigInt(row!.sum));
});
