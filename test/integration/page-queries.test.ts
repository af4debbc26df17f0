/** How the database finds a page's rows once a long listing has left many behind. */
import { randomUUID } from 'node:crypto';
import { connectDb, type Db, type Queries } from '../../src/store/db';
import { ensureInstance } from '../../src/store/instances';
import { stagedPayIns, writeOutcomes } from '../../src/store/movements';
import { everyPosting, newestInLedger, postingsOf } from '../../src/store/proof';
import { switchSource } from '../../src/store/sources';
import { openSync } from '../../src/store/syncs';
import { startOwnDatabase, type OwnDatabase } from '../support/databases/own-database';

/** More than a plan that reads all of them would be chosen for. */
const HANDLED = 60_000;

const instanceId = `inst_${randomUUID().slice(0, 8)}`;
const page = { instanceId, syncId: `sync_${instanceId}`, pageId: `page_${instanceId}_1` };

let database: OwnDatabase;
let db: Db;
let sourceId: string;

beforeAll(async () => {
  database = await startOwnDatabase();
  db = connectDb(database.url);
  // What the planner knows is what this test lets it know, not what a vacuum finds meanwhile.
  await db.query('alter table movements set (autovacuum_enabled = false)');
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
  const owner = { workflowId: instanceId, firstRunId: instanceId };
  const { syncId } = page;
  await openSync(db, { syncId, instanceId, trigger: 'cli', scope: { kind: 'full' }, ...owner });
  // Staged and handled, a hundred a page: the index of staged rows keeps an entry of each until a vacuum.
  await db.query(
    `insert into movements (kind, instance_id, movement_id, page_id, sync_id, source_id, state, reference)
     select 'pay_in', $1, 'pi_' || n, 'page_' || $1 || '_' || n / 100, $2, $3, 'staged', 'pi_' || n
     from generate_series(1, $4::integer) n`,
    [instanceId, syncId, sourceId, HANDLED],
  );
  await db.query(`update movements set state = 'posted' where instance_id = $1 and page_id <> $2`, [
    instanceId,
    page.pageId,
  ]);
});

afterAll(async () => {
  await db.close();
  await database.stop();
});

/** A database that explains what it is asked, and changes nothing. */
function explaining(plans: string[]): Db {
  const query: Queries['query'] = async (sql, parameters) => {
    const rows = await db.query<Record<'QUERY PLAN', string>>(`explain ${sql}`, parameters);
    plans.push(rows.map((row) => row['QUERY PLAN']).join('\n'));
    // A row, for those who ask whether there is one.
    return [{ amount: null }] as never;
  };
  return { query, transaction: (work) => work({ query }), close: () => Promise.resolve() };
}

// First in the file: the planner does not know the table yet. The others follow an analyze.
it.each<[string, (on: Db) => Promise<unknown>]>([
  ['that wait for their outcome', (on) => stagedPayIns(on, { ...page, sourceId })],
  [
    'whose outcomes are written',
    (on) =>
      writeOutcomes(on, { ...page, sourceId }, [
        {
          kind: 'posted',
          movementId: 'pi_1',
          reference: 'pi_1',
          transactionId: 'txn_1',
          bookedAt: null,
        },
      ]),
  ],
])('rows of a page %s are found by no index that is read from end to end', async (_what, ask) => {
  const plans: string[] = [];
  await ask(explaining(plans));
  const plan = plans.find((one) => one.includes('movements'));
  expect(plan).toMatch(/Index Cond: .*page_id = /);
  expect(plan).not.toMatch(/BitmapAnd/);
});

it.each<[string, (on: Db) => Promise<unknown>, index: RegExp]>([
  [
    'the newest in the ledger',
    (on) => newestInLedger(on, sourceId, 100),
    /Index Scan using movements_in_ledger/,
  ],
  [
    'all of a source',
    (on) => everyPosting(on, { instanceId, sourceId, siblings: [], after: null }),
    /Scan (using|on) movements_pkey/,
  ],
  [
    'what a sync has posted',
    async (on) => {
      await postingsOf(on, [page.syncId], sourceId, null);
    },
    /movements_by_page/,
  ],
])('%s is read by its index alone', async (_what, ask, index) => {
  await db.query('analyze movements');
  const plans: string[] = [];
  await ask(explaining(plans));
  const plan = plans.find((one) => one.includes('movements'));
  expect(plan).toMatch(index);
  expect(plan).not.toMatch(/Seq Scan|BitmapAnd|movements_staged/);
});
