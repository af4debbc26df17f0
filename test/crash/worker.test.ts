/** SIGKILL of the worker in the middle of a page: nothing lost, nothing doubled, counters true. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { syncIdOf } from '../../src/domain/ids';
import { SANDBOX_BLNK_KEY } from '../../src/sandbox/blnk/keys';
import { startBlnkStandIn, type BlnkStandIn } from '../../src/sandbox/blnk/start';
import { SANDBOX_STRIPE_KEY } from '../../src/sandbox/stripe/keys';
import { startStripeStandIn, type StripeStandIn } from '../../src/sandbox/stripe/start';
import { connectDb, type Db } from '../../src/store/db';
import { findSync } from '../../src/store/syncs';
import { startAdhocSync, type StartedSync } from '../../src/temporal/syncs';
import { testEnvironment } from '../support/environment';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process';

const { databaseUrl, temporalAddress } = testEnvironment();
let stripe: StripeStandIn;
let blnk: BlnkStandIn;
let db: Db;
let connection: Connection;
let client: Client;
let worker: WorkerProcess | undefined;

beforeAll(async () => {
  db = connectDb(databaseUrl);
  connection = await Connection.connect({ address: temporalAddress });
  client = new Client({ connection });
});
afterAll(async () => {
  await connection.close();
  await db.close();
});

let instanceId: string;
let settings: Record<string, string>;

beforeEach(async () => {
  instanceId = `crash_${randomUUID().slice(0, 8)}`;
  stripe = await startStripeStandIn({ scenario: 'default', seed: instanceId });
  // Slow enough that a kill falls into the middle of a page.
  blnk = await startBlnkStandIn({ latencyMs: 15 });
  settings = {
    STRIPE_SECRET_KEY: SANDBOX_STRIPE_KEY,
    STRIPE_API_BASE: stripe.url,
    BLNK_KIND: 'core',
    BLNK_URL: blnk.url,
    BLNK_API_KEY: SANDBOX_BLNK_KEY,
    BLNK_INSTANCE_ID: instanceId,
  };
  worker = await startWorkerProcess(settings);
});
afterEach(async () => {
  await worker?.kill('SIGKILL');
  await Promise.all([stripe.close(), blnk.close()]);
});

const inLedger = async (): Promise<{ transactions: number }> =>
  (await (await fetch(`${blnk.url}/sandbox/totals`)).json()) as { transactions: number };

async function untilLedgerHolds(count: number): Promise<void> {
  while ((await inLedger()).transactions < count) await sleep(5);
}

/** The ledger equals Stripe in count and money, each reference once; rows and counters say the same. */
async function expectComplete(started: StartedSync): Promise<void> {
  const truth = (await (await fetch(`${stripe.url}/sandbox/totals`)).json()) as {
    succeeded: number;
    amounts: Record<string, string>;
  };
  const amounts = Object.fromEntries(
    Object.entries(truth.amounts).map(([currency, sum]) => [currency.toUpperCase(), sum]),
  );
  expect(await inLedger()).toEqual({ transactions: truth.succeeded, amounts });

  const syncId = syncIdOf(instanceId, started.workflowId, started.runId);
  const sync = await findSync(db, syncId);
  expect(sync).toMatchObject({
    status: 'completed',
    recordsFound: truth.succeeded,
    // Also those that Blnk accepted in the moment of the kill: their metadata names this sync.
    recordsPosted: truth.succeeded,
    recordsAlreadyPosted: 0,
    recordsQuarantined: 0,
  });
  const posted = Object.entries(sync?.amounts ?? {}).map(([code, sums]) => [code, sums.posted]);
  expect(Object.fromEntries(posted)).toEqual(amounts);
  const [rows] = await db.query(
    `select count(*) as rows, count(distinct reference) as "references",
       count(*) filter (where state = 'posted') as posted
     from pay_ins where instance_id = $1`,
    [instanceId],
  );
  const count = truth.succeeded;
  expect(rows).toEqual({ rows: count, references: count, posted: count });
}

it.each(['SIGKILL', 'SIGTERM'] as const)(
  'worker: %s in the middle of a page, and a new worker ends the sync with nothing lost or doubled',
  async (signal) => {
    const started = await startAdhocSync(client, { instanceId, trigger: 'cli' });
    await untilLedgerHolds(350);
    await worker?.kill(signal);
    const held = (await inLedger()).transactions;
    expect(held).toBeLessThan(1000);

    worker = await startWorkerProcess(settings);
    await started.handle.result();
    await expectComplete(started);

    const again = await startAdhocSync(client, { instanceId, trigger: 'cli' });
    await again.handle.result();
    const second = await findSync(db, syncIdOf(instanceId, again.workflowId, again.runId));
    expect(second).toMatchObject({ status: 'completed', recordsFound: 0, recordsPosted: 0 });
  },
  60_000,
);
