/**
 * Not a test: `npm run record` leaves two first syncs open, for the upgrade tests of later versions: one among its
 * pay-ins, one among the movements that come after them. Kept are its rows, the history of its run, and the journals
 * of both stand-ins. RECORD_DIST names the compiled code of an earlier version, to record what that one leaves.
 */
import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import { TASK_QUEUE, WORKFLOW_TYPE } from '../../src/domain/names';
import { adhocWorkflowIdOf } from '../../src/domain/ids';
import { databaseUrl } from '../../src/local/process/unix-socket';
import { SANDBOX_BLNK_KEY } from '../../sandbox/blnk/keys';
import { startBlnkStandIn } from '../../sandbox/blnk/start';
import { SANDBOX_STRIPE_KEY } from '../../sandbox/stripe/keys';
import { startStripeStandIn } from '../../sandbox/stripe/start';
import { connectDb, type Queries } from '../../src/store/db';
import { openNamespace } from '../support/processes/crash-system';
import { testEnvironment } from '../support/environment';
import { newFolder } from '../support/databases/kept-versions';
import { DIST, startProgram } from '../support/processes/program';

const PAY_INS = 260;
const DAY = 86_400;
/** In the order in which their rows can be inserted. */
const TABLES = [
  ...['instances', 'sources', 'watermarks', 'stripe_syncs', 'sync_windows', 'sync_pages'],
  // Totals are none of them: the database adds them up again as these come in.
  ...['movements', 'balance_transactions', 'disputes', 'balance_readings', 'openings'],
  ...['stripe_budget', 'stripe_reads'],
];

const LEFT = [
  { among: 'its pay-ins', suffix: '', settings: {}, isReached: isAmongPayIns },
  {
    ...{ among: 'its movements', suffix: '-movements', isReached: isAmongLegs },
    settings: { MOVEMENTS: 'on', SYNC_SINCE: 'all' },
  },
];

it.each(LEFT)('keeps what this version leaves open among $among', async (left) => {
  const to = newFolder('open-syncs', left.suffix);
  const dist = process.env['RECORD_DIST'] ?? DIST;
  const folder = mkdtempSync(join(tmpdir(), 'bss-record-'));
  const { temporalAddress } = testEnvironment();
  const instanceId = 'kept';
  const [seed, account] = ['kept', 'acct_kept'];
  const journal = (name: string) => join(to, `${name}.jsonl`);
  const stripe = await startStripeStandIn({
    ...{ scenario: 'empty', seed, account },
    journal: journal('stripe'),
  });
  const blnk = await startBlnkStandIn({ journal: journal('blnk') });
  const from = stripe.clock.nowSeconds() - 20 * DAY;
  for (let index = 0; index < PAY_INS; index += 1) {
    const createdAt = from + Math.floor((index * 19.9 * DAY) / PAY_INS);
    const currency = ['usd', 'eur', 'jpy'][index % 3]!;
    await stripe.world.pay({
      amount: 1_000 + index,
      currency,
      createdAt,
      succeededAt: createdAt,
    });
  }

  const database = await startProgram({
    module: 'local/postgres/database',
    dist,
    args: ['--socket', folder],
  });
  const url = databaseUrl(folder);
  const { migrate } = (await import(join(dist, 'store/migrate.js'))) as {
    migrate: (url: string) => Promise<string[]>;
  };
  const migrations = await migrate(url);
  const namespace = `record-${process.pid}${left.suffix}`;
  const { client, close } = await openNamespace(temporalAddress, namespace);
  const worker = await startProgram({
    module: 'worker',
    dist,
    env: {
      ...{ STRIPE_SECRET_KEY: SANDBOX_STRIPE_KEY, STRIPE_API_BASE: stripe.url },
      ...{ BLNK_KIND: 'core', BLNK_URL: blnk.url, BLNK_API_KEY: SANDBOX_BLNK_KEY },
      ...{ BLNK_INSTANCE_ID: instanceId, DATABASE_URL: url, MOVEMENTS: 'off' },
      ...{ TEMPORAL_ADDRESS: temporalAddress, TEMPORAL_NAMESPACE: namespace },
      ...left.settings,
    },
  });
  const db = connectDb(url, 2);
  blnk.faults.add({ fault: { kind: 'delay', ms: 100 } });
  const handle = await client.workflow.start(WORKFLOW_TYPE, {
    taskQueue: TASK_QUEUE,
    workflowId: adhocWorkflowIdOf(instanceId),
    args: [{ instanceId, trigger: 'cli' }],
  });
  // Some pages are done, and some pay-ins of the next ones are in the ledger.
  while (!(await left.isReached(db))) await sleep(20);
  await worker.kill('SIGKILL');
  const at = stripe.clock.nowSeconds();

  const rows = [];
  for (const table of TABLES) {
    const exists = await db.query(`select 1 from pg_tables where tablename = $1`, [table]);
    if (exists.length === 0) continue;
    const found = await db.query<{ row: object }>(`select to_jsonb(t) as row from ${table} t`);
    if (found.length > 0) rows.push([table, found.map(({ row }) => row)]);
  }
  const history = historyToJSON(await handle.fetchHistory()).replaceAll(process.cwd(), '.');
  await handle.terminate();
  const { settings } = left;
  const about = {
    ...{ instanceId, seed, account, at, payIns: PAY_INS, replays: true, migrations },
    ...(Object.keys(settings).length > 0 && { settings }),
  };
  writeFileSync(join(to, 'about.json'), JSON.stringify(about, null, 2));
  writeFileSync(join(to, 'rows.json'), JSON.stringify(rows));
  writeFileSync(join(to, 'history.json'), history);

  await Promise.all([db.close(), close(), stripe.close(), blnk.close()]);
  // Of apps it knows none.
  await rm(`${journal('blnk')}.apps`);
  await database.kill('SIGTERM');
  await rm(folder, { recursive: true, force: true });
  expect(readdirSync(to)).toContain('history.json');
});

async function isAmongPayIns(db: Queries): Promise<boolean> {
  const [counts] = await db.query<{ pages: number; staged: number; begun: number }>(
    `select (select count(*) from sync_pages where state = 'done' and posted > 0) as pages,
       (select count(*) from movements where state = 'staged') as staged,
       (select count(*) from movements join sync_pages using (page_id)
        where sync_pages.state = 'open' and movements.state = 'posted') as begun`,
  );
  return counts !== undefined && counts.pages > 0 && counts.staged > 0 && counts.begun > 10;
}

async function isAmongLegs(db: Queries): Promise<boolean> {
  const [counts] = await db.query<{ staged: number; posted: number }>(
    `select count(*) filter (where state = 'staged') as staged,
       count(*) filter (where state = 'posted') as posted
     from movements where leg is not null`,
  );
  return counts !== undefined && counts.staged > 0 && counts.posted > 10;
}
