/**
 * One instance between two stand-ins: a worker with the real activities on the run's Temporal server
 * and database. Everything speaks HTTP; only waits are shortened.
 */
import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { pino } from 'pino';
import { createActivities } from '../../src/activities';
import type { Patience } from '../../src/activities/deps';
import { instanceSettings } from '../../src/activities/source-check';
import { loadConfig, type InstanceConfig } from '../../src/config';
import { syncIdOf } from '../../src/domain/ids';
import { toReport, type Report } from '../../src/domain/report';
import { WORKFLOW_TYPE } from '../../src/domain/names';
import { activityDeps, type Limits } from '../../src/instance';
import { SANDBOX_BLNK_KEY } from '../../src/sandbox/blnk/keys';
import { startBlnkStandIn, type BlnkStandIn } from '../../src/sandbox/blnk/start';
import { SANDBOX_STRIPE_KEY } from '../../src/sandbox/stripe/keys';
import {
  startStripeStandIn,
  type StripeStandIn,
  type StripeStandInOptions,
} from '../../src/sandbox/stripe/start';
import { connectDb, type Db } from '../../src/store/db';
import { ensureInstance } from '../../src/store/instances';
import { findSync, type SyncRow } from '../../src/store/syncs';
import type { StripeSyncWorkflow } from '../../src/workflows';
import type { SyncInput } from '../../src/workflows/stripe-sync';
import { testEnvironment } from './environment';
import { installRuntime } from './runtime';

export interface HarnessOptions {
  readonly scenario?: StripeStandInOptions['scenario'];
  /** Settings on top of those of the stand-ins. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly patience?: Partial<Patience>;
  readonly limits?: Limits;
  readonly stripe?: Partial<StripeStandInOptions>;
}

export interface Harness {
  readonly instanceId: string;
  readonly stripe: StripeStandIn;
  readonly blnk: BlnkStandIn;
  readonly db: Db;
  readonly client: Client;
  readonly taskQueue: string;
  /** Starts a sync without waiting for it. */
  start(input?: Partial<SyncInput>): Promise<{ workflowId: string; firstRunId: string }>;
  /** Runs a sync to its end, whatever that is. */
  sync(input?: Partial<SyncInput>): Promise<Report & { row: SyncRow }>;
  reportOf(run: { workflowId: string; firstRunId: string }): Promise<Report & { row: SyncRow }>;
  /** Goes on with other settings, as a worker that was restarted does. */
  reconfigure(settings: Readonly<Record<string, string>>): Promise<void>;
  /** What both sides hold, in count and money. */
  totals(): Promise<{ stripe: unknown; blnk: unknown }>;
  close(): Promise<void>;
}

const SHORT: Patience = { silenceMs: 2_500, neverAnsweredMs: 1_200, roundWaitsMs: [10, 20, 30] };

export async function startHarness(options: HarnessOptions = {}): Promise<Harness> {
  const { databaseUrl, temporalAddress, bundle } = testEnvironment();
  installRuntime();
  const instanceId = `t_${randomUUID().slice(0, 8)}`;
  const taskQueue = `queue-${instanceId}`;
  const stripe = await startStripeStandIn({
    scenario: options.scenario ?? 'empty',
    seed: instanceId,
    ...options.stripe,
  });
  const blnk = await startBlnkStandIn();
  const db = connectDb(databaseUrl);
  const connection = await NativeConnection.connect({ address: temporalAddress });
  const clientConnection = await Connection.connect({ address: temporalAddress });
  const client = new Client({ connection: clientConnection });

  let worker: { stop: () => Promise<void> } | undefined;
  const reconfigure = async (settings: Readonly<Record<string, string>>) => {
    await worker?.stop();
    const config = configure({ instanceId, stripe, blnk }, settings);
    await ensureInstance(db, instanceSettings(config));
    const patience = { ...SHORT, ...options.patience };
    const limits = { confirmAfterMs: 10, ...options.limits };
    const log = pino({ level: process.env['TEST_LOG_LEVEL'] ?? 'silent' });
    const running = await Worker.create({
      connection,
      taskQueue,
      workflowBundle: { codePath: bundle },
      activities: createActivities(activityDeps(db, client, config, log, { patience, limits })),
      stickyQueueScheduleToStartTimeout: '1s',
      shutdownForceTime: '2s',
    });
    const ended = running.run();
    worker = {
      stop: async () => {
        running.shutdown();
        await ended;
      },
    };
  };
  await reconfigure(options.settings ?? {});

  const start: Harness['start'] = async (input = {}) => {
    const workflowId = `test-${instanceId}-${randomUUID().slice(0, 8)}`;
    const handle = await client.workflow.start<typeof StripeSyncWorkflow>(WORKFLOW_TYPE, {
      taskQueue,
      workflowId,
      args: [{ instanceId, trigger: 'cli', ...input }],
    });
    return { workflowId, firstRunId: handle.firstExecutionRunId };
  };
  const reportOf: Harness['reportOf'] = async (run) => {
    // A failed workflow is an outcome like others: its row tells.
    await client.workflow
      .getHandle(run.workflowId)
      .result()
      .catch(() => undefined);
    const syncId = syncIdOf(instanceId, run.workflowId, run.firstRunId);
    const row = await findSync(db, syncId);
    if (!row) throw new Error(`no row for ${syncId}`);
    return { ...toReport(row, null), row };
  };

  return {
    instanceId,
    stripe,
    blnk,
    db,
    client,
    taskQueue,
    start,
    reportOf,
    sync: async (input) => reportOf(await start(input)),
    reconfigure,
    async totals() {
      const read = async (base: string) => (await fetch(`${base}/sandbox/totals`)).json();
      return { stripe: await read(stripe.url), blnk: await read(blnk.url) };
    },
    async close() {
      await worker?.stop();
      await Promise.all([stripe.close(), blnk.close(), db.close()]);
      await clientConnection.close();
      await connection.close();
    },
  };
}

function configure(
  parts: { instanceId: string; stripe: StripeStandIn; blnk: BlnkStandIn },
  settings: Readonly<Record<string, string>>,
): InstanceConfig {
  const { instance } = loadConfig('cli', {
    STRIPE_SECRET_KEY: SANDBOX_STRIPE_KEY,
    STRIPE_API_BASE: parts.stripe.url,
    BLNK_KIND: 'core',
    BLNK_URL: parts.blnk.url,
    BLNK_API_KEY: SANDBOX_BLNK_KEY,
    BLNK_INSTANCE_ID: parts.instanceId,
    ...settings,
  });
  if (!instance) throw new Error('the settings name no instance');
  return instance;
}
