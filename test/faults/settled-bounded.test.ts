/** No statement about movements reads more the more there are: each is explained on a full database. */
import { listAcceptances } from '../../src/store/acceptances';
import { begunBefore, knownPayInsOf } from '../../src/store/known-pay-ins';
import { claimBacklog } from '../../src/store/backlog';
import { findRow, rowsOfObjects, rowsOfPayments } from '../../src/store/balance-transactions';
import { connectDb, type Db } from '../../src/store/db';
import { disputesToAsk, dueDisputes } from '../../src/store/disputes';
import { dueBookings, dueSums, hasFollowUps, pendingLoneCharges } from '../../src/store/follow-ups';
import { sumsOfLeft } from '../../src/store/left-sums';
import { legsByReference, legsOfRows, legsSetAside } from '../../src/store/legs';
import { notYetSince, readNotYet } from '../../src/store/not-yet';
import { enableMovements, readOpenings } from '../../src/store/openings';
import { inLedgerOf, newOwnPostings, ownPostings, postedAgain } from '../../src/store/own-postings';
import { hasUnplaced } from '../../src/store/proof';
import { readProofFacts } from '../../src/store/proof-facts';
import { savePage } from '../../src/store/pages';
import {
  lastTimes,
  latestProof,
  countItems,
  listProofs,
  newestProof,
  proofOfSync,
  tellingProofs,
  trimProofs,
} from '../../src/store/proofs';
import { countForPurge } from '../../src/store/purge';
import { unreadRows } from '../../src/store/row-reading';
import { changedRows, listedTo, windowsAgain } from '../../src/store/rows-again';
import { hasUnreadRow, rowsAround, rowsAroundEach } from '../../src/store/rows-around';
import { settledSums } from '../../src/store/settled-sums';
import { switchSource } from '../../src/store/sources';
import { SUSPENSE_COUNTED } from '../../src/domain/movements/suspense-sum';
import { legsInSuspense, suspenseSums } from '../../src/store/suspense';
import { rowIds, unbookedOf } from '../../src/store/unbooked-rows';
import { readWalk } from '../../src/store/walks';
import {
  lastMismatch,
  newestJudged,
  readingsAt,
  waitingReadings,
} from '../../src/store/balance-readings';
import { explainingDb, type ExplainingDb } from '../support/databases/explaining-db';
import { fill as fillInstance } from '../support/databases/filled-database';
import { startOwnDatabase, type OwnDatabase } from '../support/databases/own-database';
import {
  aPayIn,
  aSettledStore,
  begin,
  book,
  pageOf,
  rowsOf,
  settle,
  settled,
  stage,
  type SettledStore,
} from '../support/databases/settled-store';
import { MOMENT } from '../support/worlds/a-balance-transaction';
import { CHART } from '../support/worlds/legs-of-row';

const ROWS = 40_000;

/** Tables that grow with what is synced. */
const GROWING =
  /^(movements|balance_transactions|sync_pages|proofs|proof_items|balance_readings|reading_judgements|not_yet)/;

/** Rows of all scans of a statement: a page, and what it looks at. */
const MOST = 2_500;

let database: OwnDatabase;
let inner: Db;
let db: ExplainingDb;
let store: SettledStore;
/** Of which much stands in suspense. */
let puzzled: SettledStore;

beforeAll(async () => {
  database = await startOwnDatabase();
  inner = connectDb(database.url);
  db = explainingDb(inner);
  store = await aSettledStore(inner);
  puzzled = await aSettledStore(inner);
  await fill();
}, 600_000);

afterAll(async () => {
  await inner.close();
  await database.stop();
});

beforeEach(() => db.forget());

async function fill(): Promise<void> {
  const { instanceId, sourceId } = store;
  await inner.query(
    `insert into balance_transactions (instance_id, bt_id, source_id, kind, currency, amount, fee, net, moved, type,
       category, balance_type, created_s, source_object, source_object_id, payment_intent_id, charge_id,
       is_before, is_pay_in, awaits, place, seen_at)
     select $1, 'txn_f' || n, $2, 'charge', (array['usd', 'eur'])[1 + n % 2], n, 0, n, n, 'charge', 'charge',
       'payments', $4::bigint - n, 'charge', 'ch_f' || n, 'pi_f' || n, 'ch_f' || n, false, true,
       case when n % 400 = 0 then 'booking' when n % 400 = 1 then 'sum' end, n,
       now() - interval '2 days'
     from generate_series(1, $3::integer) n`,
    [instanceId, sourceId, ROWS, MOMENT],
  );
  const movements = `insert into movements (kind, leg, bt_id, instance_id, movement_id, page_id, sync_id, source_id,
      amount, currency, moves, from_balance, to_balance, metadata, also, dated_s, created_s, state, reference, charge_id,
      booked_at)
    select `;
  const from = `from generate_series(1, $3::integer) n`;
  await inner.query(
    `${movements} 'pay_in', null, null, $1, 'pi_f' || n, 'page_p' || n / 100, 's', $2, n, 'usd', null, null, null,
       null, null, null, 1, 'posted', 'pi_f' || n, 'ch_f' || n, now() - n * interval '1 minute' ${from}`,
    [instanceId, sourceId, ROWS],
  );
  await inner.query(
    `${movements} 'charge', case when n % 400 = 0 then 'gross' else 'fee' end, 'txn_f' || n, $1, 'txn_f' || n || '.fee', 'page_l' || n / 500, 's', $2, 5, 'usd',
       case when n % 400 = 0 then n else -5 end,
       '@stripe-fees', '@stripe', '{}', '{"from":[],"to":[],"customerIds":[]}', 1, null,
       case when n % 1000 = 0 then 'quarantined' else 'posted' end, 'txn_f' || n || '.fee', null, now() - n * interval '1 minute' ${from}`,
    [instanceId, sourceId, ROWS],
  );
  await inner.query(
    `insert into movements (kind, leg, bt_id, instance_id, movement_id, page_id, sync_id, source_id, amount, currency,
       from_balance, to_balance, moves, state)
     select 'suspense', 'gross', 'txn_s' || n, $1, 'txn_s' || n, 'page_u' || n / 500, 's', $2, n, 'usd', '@stripe',
       '@stripe-suspense', n, 'posted'
     from generate_series(1, 5000) n`,
    [puzzled.instanceId, puzzled.sourceId],
  );
  await inner.query(
    `insert into proofs (instance_id, source_id, at_s, state, currencies, gaps)
     select $1, $2, n, case n % 3 when 0 then 'waiting' else 'proven' end, '[]', ''
     from generate_series(1, 10000) n`,
    [instanceId, sourceId],
  );
  await inner.query(
    `insert into balance_readings (instance_id, source_id, at_s, parts, waits)
     select $1, $2, n, '[]', false from generate_series(1, 10000) n`,
    [instanceId, sourceId],
  );
  await inner.query(
    `insert into reading_judgements (instance_id, source_id, currency, at_s, difference, since, exact)
     select $1, $2, 'USD', n, 0, 0, true from generate_series(1, 10000) n`,
    [instanceId, sourceId],
  );
  await inner.query(
    `insert into proof_items (proof_id, position, kind, reference, currency, amount)
     select proof_id, n, 'foreign', '', 'USD', 1 from proofs, generate_series(0, 2) n`,
  );
  // Of another source.
  await inner.query(
    `insert into not_yet_in_stripe (instance_id, movement_id, source_id, booked_at)
     select $1, 'pi_other' || n, 'other', now() from generate_series(1, 10000) n`,
    [instanceId],
  );
  const none = { payIns: 0, setAside: 0, due: 0, staged: 0 };
  await fillInstance(inner, instanceId, { ...none, idleRuns: 6_000, windows: 3_000 });
}

afterEach(() => {
  expect(db.plans.size).toBeGreaterThan(0);
  const tooMuch = [...db.plans.values()].flatMap(({ sql, scans }) => {
    const growing = scans.filter(({ table }) => GROWING.test(table));
    const rows = growing.reduce((sum, one) => sum + one.rows, 0);
    if (rows <= MOST && growing.every(({ how }) => how !== 'Seq Scan')) return [];
    return [
      `${sql}\n${growing.map(({ how, table, rows: n }) => `${how} ${table} ${n}`).join('\n')}`,
    ];
  });
  expect(tooMuch).toEqual([]);
});

test('a page of rows is staged, settled and saved', async () => {
  const sync = { ...(await begin(store)), db };
  await book(sync, [aPayIn()]);
  const { pageId, count } = await stage(
    sync,
    rowsOf(200).map((bt) => settled(bt)),
  );
  expect(count).toBe(200);
  await settle(sync, pageId);
  expect(await savePage(db, sync.syncId, pageId)).toMatchObject({
    legs: { payout: { posted: 200 } },
  });
});

test('the backlog takes a page', async () => {
  const sync = await begin(store);
  await claimBacklog(db, pageOf(sync, `${sync.syncId}_backlog`));
});

test('what is known of a page of payments is found', async () => {
  const few = (prefix: string) => Array.from({ length: 200 }, (_, n) => `${prefix}_f${n * 7 + 1}`);
  expect(await knownPayInsOf(db, store.instanceId, few('pi'), [])).toHaveLength(200);
  expect(await knownPayInsOf(db, store.instanceId, [], few('ch'))).toHaveLength(200);
  await begunBefore(db, store.instanceId, few('ch'), CHART.cutOver);
  await findRow(db, store.instanceId, 'txn_f1');
  expect(await rowsOfPayments(db, store.instanceId, few('pi'))).toHaveLength(200);
  expect(await rowsOfObjects(db, store.instanceId, few('ch'))).toHaveLength(200);
  expect(await legsOfRows(db, store.instanceId, few('txn'))).toHaveLength(200);
});

test('so it is of an instance that the planner knows nothing of yet, as in a first sync', async () => {
  const { instanceId, sourceId } = await aSettledStore(inner);
  await inner.query(
    `insert into movements (kind, instance_id, movement_id, page_id, sync_id, source_id, amount, currency, created_s,
       state, reference, charge_id)
     select 'pay_in', $1, 'pi_f' || n, 'page_n' || n / 100, 's', $2, n, 'usd', 1, 'posted', 'pi_f' || n, 'ch_f' || n
     from generate_series(1, 5000) n`,
    [instanceId, sourceId],
  );
  const few = (prefix: string) => Array.from({ length: 200 }, (_, n) => `${prefix}_f${n * 7 + 1}`);
  expect(await knownPayInsOf(db, instanceId, few('pi'), [])).toHaveLength(200);
  const byCharge = await knownPayInsOf(db, instanceId, [], few('ch'));
  expect(byCharge.every(({ id, charges }) => charges.join() === id.replace('pi', 'ch'))).toBe(true);
  expect(byCharge).toHaveLength(200);
  expect(await legsByReference(db, { instanceId, sourceId: store.sourceId }, few('pi'))).toEqual(
    [],
  );
});

test('what legs are to follow is found by those that wait', async () => {
  expect(await dueBookings(db, store.sourceId, 50)).toHaveLength(50);
  expect(await dueSums(db, store.sourceId, 50)).toHaveLength(50);
  expect(await pendingLoneCharges(db, store.sourceId, 50, true)).toEqual([]);
  await dueDisputes(db, store.sourceId, 50);
  await disputesToAsk(db, store.sourceId, 50);
  expect(await hasFollowUps(db, store.sourceId)).toBe(true);
});

test('a proof reads sums', async () => {
  const [, usd] = await settledSums(db, store.sourceId);
  expect(usd).toMatchObject({ currency: 'USD' });
  const { near } = await rowsAround(db, store.sourceId, 'USD', MOMENT - 300, 0n);
  expect(near.length).toBeGreaterThan(0);
  await rowsAroundEach(db, store.sourceId, 'USD', [MOMENT - 300, MOMENT - 100, MOMENT - 99]);
  await readNotYet(db, store.sourceId);
  await notYetSince(db, store.sourceId, MOMENT, 100);
  await sumsOfLeft(db, store.sourceId);
  await readOpenings(db, store.sourceId);
  await listAcceptances(db, store.sourceId);
  await hasUnplaced(db, store.sourceId);
  await newestJudged(db, store.sourceId);
  expect(await legsSetAside(db, store.sourceId, 100)).toHaveLength(40);
  await waitingReadings(db, store.sourceId, 8);
  await readingsAt(db, store.sourceId, [MOMENT - 300, MOMENT - 100]);
  await lastMismatch(db, store.sourceId, 'USD');
});

test('a search for what a proof is broken by reads a part at a time, and the newest without those before', async () => {
  const { instanceId, sourceId } = store;
  const few = (prefix: string) => Array.from({ length: 100 }, (_, n) => `${prefix}_f${n * 7 + 1}`);
  const anHourAgo = Math.floor(Date.now() / 1000) - 3_600;
  const newest = await newOwnPostings(db, store, anHourAgo, null, 50);
  const next = await newOwnPostings(db, store, anHourAgo, newest.at(-1)!, 500);
  const all = [...newest, ...next].map(({ id }) => id);
  expect([newest.length, new Set(all).size]).toEqual([50, all.length]);
  // Two of each minute, beside what other tests have booked just now.
  const ids = all.filter((id) => /^(pi|txn)_f/.test(id));
  expect(ids.length).toBeGreaterThanOrEqual(116);
  expect(ids.length).toBeLessThanOrEqual(122);
  const [first] = await ownPostings(inner, store, null, 1);
  expect(await ownPostings(db, store, first!, 500)).toHaveLength(500);
  expect((await inLedgerOf(db, instanceId, few('pi'))).size).toBe(100);
  expect(await rowIds(db, store, 'txn_f2', 500)).toHaveLength(500);
  await unbookedOf(db, instanceId, few('txn'));
  // A row of each second.
  const again = { windowIds: ['window'], from: MOMENT - 600, listedTo: MOMENT };
  const changed = await changedRows(db, sourceId, again, 1_000);
  expect(changed.filter(({ id }) => id.startsWith('txn_f'))).toHaveLength(600);
  await windowsAgain(db, 'sync_1', 0);
  await listedTo(db, 'sync_1');
  await unreadRows(db, { syncId: 'sync_1', notes: [] });
  await hasUnreadRow(db, store.sourceId);
  await postedAgain(db, store);
  await readWalk(db, 'sync_1');
});

test('proofs are found from the newest on', async () => {
  await lastTimes(db, store);
  await latestProof(db, store.instanceId);
  await newestProof(db, store);
  await tellingProofs(db, store);
  await listProofs(db, store.instanceId, 20);
  await countItems(db, [1, 2, 3]);
  await proofOfSync(db, store.instanceId, 'sync_1');
  await trimProofs(db, store.instanceId);
});

test('problems are found without reading what is behind them', async () => {
  const factsOf = (of: SettledStore) => readProofFacts(db, of.instanceId, { ...of, since: 0 });
  const [{ newest }, { suspense }] = [await factsOf(store), await factsOf(puzzled)];
  expect([newest?.state, suspense[0]?.count]).toEqual(['proven', SUSPENSE_COUNTED]);
});

test('what is in suspense is found by its index', async () => {
  await inner.query(
    `update movements set to_balance = '@stripe-suspense' where instance_id = $1 and movement_id = any($2)`,
    [store.instanceId, Array.from({ length: 60 }, (_, n) => `txn_f${(n + 1) * 7}.fee`)],
  );
  await inner.query('vacuum analyze');
  expect(await legsInSuspense(db, store.sourceId, 50)).toHaveLength(50);
  const sums = await suspenseSums(db, store.sourceId);
  expect(sums.reduce((sum, { count }) => sum + count, 0)).toBe(60);
});

test('a purge counts without reading what it counts', async () => {
  expect(await countForPurge(inner, store.instanceId)).toMatchObject({
    ...{ pay_ins: ROWS + 1, movements: ROWS + 200 },
  });
  await settledSums(db, store.sourceId);
});

test('of a source that was left what it has booked since is found by its index', async () => {
  const { instanceId, sourceId } = store;
  const [own] = await inner.query<{ livemode: boolean; address: string }>(
    'select livemode, ledger_address as address from sources where source_id = $1',
    [sourceId],
  );
  const next = await inner.transaction((tx) =>
    switchSource(tx, instanceId, {
      ...{ stripeAccount: 'acct_next', livemode: own!.livemode, ledgerAddress: own!.address },
      keyFingerprint: 'another',
    }),
  );
  const enabling = { instanceId, sourceId: next.sourceId, cutOver: MOMENT, by: null };
  await inner.transaction((tx) => enableMovements(tx, enabling, []));
  expect(await sumsOfLeft(db, next.sourceId)).toMatchObject([{ currency: 'USD', isCounted: true }]);
  const later = await inner.query(
    `update movements set booked_at = now() + interval '1 hour', first_booked_at = null
     where source_id = $1 and movement_id = any($2) returning 1`,
    // Of one moment, and more than a part.
    [sourceId, Array.from({ length: 1_500 }, (_, n) => `pi_f${n + 1}`)],
  );
  expect(later).toHaveLength(1_500);
  const uncounted = (await sumsOfLeft(db, next.sourceId)).filter(({ isCounted }) => !isCounted);
  expect(uncounted).toMatchObject([
    { currency: 'USD', booked: { debits: 1_125_750n, credits: 0n } },
  ]);
  // It began after the one that there is now, which the instance has gone back to.
  await inner.query(`update sources set movements_counted_to = '2000-01-01' where source_id = $1`, [
    next.sourceId,
  ]);
  let asked = 0;
  const query: Db['query'] = (...of) => {
    asked += 1;
    return db.query(...of);
  };
  expect(await sumsOfLeft({ query }, next.sourceId)).toMatchObject([{ isCounted: false }]);
  expect(asked).toBe(4);
});
