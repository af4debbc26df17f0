/**
 * One instance between two stand-ins: a worker with the real activities on the run's Temporal server
 * and database. Everything speaks HTTP; only waits are shortened.
 */
import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { pino } from 'pino';
import { createActivities } from '../../../src/activities';
import type { EngineDeps, Patience } from '../../../src/engine/deps';
import { instanceSettings } from '../../../src/engine/instance-settings';
import { syncIdOf } from '../../../src/domain/ids';
import { toReport, type Report } from '../../../src/domain/report';
import { WORKFLOW_TYPE } from '../../../src/domain/names';
import { activityDeps } from '../../../src/instance';
import type { Limits } from '../../../src/instances/registry';
import { SANDBOX_BLNK_KEY } from '../../../sandbox/blnk/keys';
import {
  startBlnkStandIn,
  type BlnkStandIn,
  type BlnkStandInOptions,
} from '../../../sandbox/blnk/start';
import { fullView } from '../../../sandbox/blnk/rows';
import {
  startStripeStandIn,
  type StripeStandIn,
  type StripeStandInOptions,
} from '../../../sandbox/stripe/start';
import { connectDb, type Db } from '../../../src/store/db';
import { ensureInstance } from '../../../src/store/instances';
import { findSync, type SyncRow } from '../../../src/store/syncs';
import { UNREADABLE_HISTORY_FAILS } from '../../../src/temporal/worker-limits';
import type { StripeSyncWorkflow } from '../../../src/workflows';
import type { SyncInput } from '../../../src/workflows/stripe-sync';
import { testEnvironment } from '../environment';
import { startHttpProxy, type Intercept } from '../proxies/http-proxy';
import { configureInstance } from './instance-config';
import { installRuntime } from '../processes/runtime';
import { untilEnded } from '../processes/workflow-end';

export interface HarnessOptions {
  /** Default: one of its own. */
  readonly instanceId?: string;
  readonly scenario?: StripeStandInOptions['scenario'];
  /** Settings on top of those of the stand-ins. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Default: more than any test takes. */
  readonly patience?: Partial<Patience>;
  readonly limits?: Limits;
  readonly stripe?: Partial<StripeStandInOptions>;
  readonly blnk?: BlnkStandInOptions;
  /** Puts a proxy before Blnk, for `intercept`. It blurs how a connection breaks. */
  readonly proxied?: boolean;
  /** Instead of those of the run, for a test that ends them. */
  readonly servers?: { readonly databaseUrl?: string; readonly temporalAddress?: string };
}

/** A transaction of the stand-in ledger, as far as tests look at it. */
export interface Booked {
  readonly reference: string;
  readonly status: string;
  readonly precise_amount: number;
  readonly precision: number;
  readonly currency: string;
  readonly description: string;
  readonly effective_date: string;
  /** Names of the balances. */
  readonly from: string;
  readonly to: string;
  readonly meta_data: {
    readonly stripe_customer_id?: string;
    readonly stripe_sync: Readonly<Record<string, unknown>>;
  };
}

export type SyncOutcome = Report & { readonly row: SyncRow };

export interface Harness {
  readonly instanceId: string;
  readonly stripe: StripeStandIn;
  readonly blnk: BlnkStandIn;
  readonly db: Db;
  readonly client: Client;
  readonly taskQueue: string;
  /** What the worker's activities work with. */
  readonly deps: EngineDeps;
  /** Goes for faults from now on; only what is about giving up may be short, see `givingUpSoon`. */
  readonly patience: { -readonly [Key in keyof Patience]: Patience[Key] };
  /** Starts a sync without waiting for it. */
  start(input?: Partial<SyncInput>): Promise<{ workflowId: string; firstRunId: string }>;
  /** Runs a sync to its end, whatever that is. */
  sync(input?: Partial<SyncInput>): Promise<SyncOutcome>;
  reportOf(run: { workflowId: string; firstRunId: string }): Promise<SyncOutcome>;
  /**
   * Goes on with other settings, as a worker that was restarted does.
   * @param code a bundle of other workflow code, as another version has it. Default: the one of today
   */
  reconfigure(settings: Readonly<Record<string, string>>, code?: string): Promise<void>;
  /** What both sides hold, in count and money. */
  totals(): { stripe: Totals; blnk: Totals };
  /** Everything in the ledger, oldest first. */
  booked(): Booked[];
  /** Spoils requests to a proxied Blnk by what is in them; without an argument everything passes. */
  intercept(decide?: Intercept): void;
  /** Everything that the worker has logged, at the finest level. */
  readonly log: readonly string[];
  close(): Promise<void>;
}

/** Minor units by upper-case currency. */
export interface Totals {
  readonly count: number;
  readonly amounts: Readonly<Record<string, string>>;
}

/** A busy machine must not make a fault that passes look like one that lasts. */
const PATIENT: Patience = {
  silenceMs: 600_000,
  neverAnsweredMs: 600_000,
  refusedMs: 2_500,
  roundWaitsMs: [10, 20, 30],
  searchMs: 600_000,
};

export async function startHarness(options: HarnessOptions = {}): Promise<Harness> {
  const { bundle, ...common } = testEnvironment();
  const { databaseUrl, temporalAddress } = { ...common, ...options.servers };
  installRuntime();
  const instanceId = options.instanceId ?? `t_${randomUUID().slice(0, 8)}`;
  const taskQueue = `queue-${randomUUID().slice(0, 8)}`;
  const stripe = await startStripeStandIn({
    scenario: options.scenario ?? 'empty',
    seed: instanceId,
    // An account of its own: those who share one share its budget of reads and its pauses.
    account: `acct_${instanceId.slice(2)}`,
    ...options.stripe,
  });
  const blnk = await startBlnkStandIn(options.blnk);
  const proxy = options.proxied ? await startHttpProxy(blnk.url) : undefined;
  // The Cloud form of the same ledger, for BLNK_KIND=cloud.
  blnk.keys.cloud.set(SANDBOX_BLNK_KEY, { instanceId, permissions: ['data:read', 'data:write'] });
  const db = connectDb(databaseUrl);
  const connection = await NativeConnection.connect({ address: temporalAddress });
  const clientConnection = await Connection.connect({ address: temporalAddress });
  const client = new Client({ connection: clientConnection });

  const lines: string[] = [];
  const logged = (line: string) => {
    lines.push(line);
    if (process.env['TEST_LOG_LEVEL'] !== undefined) process.stderr.write(line);
  };

  const patience = { ...PATIENT, ...options.patience };
  let worker: { stop: () => Promise<void>; deps: EngineDeps } | undefined;
  const reconfigure: Harness['reconfigure'] = async (settings, code = bundle) => {
    await worker?.stop();
    const blnkUrl = proxy?.url ?? blnk.url;
    const config = configureInstance({ instanceId, stripeUrl: stripe.url, blnkUrl }, settings);
    await ensureInstance(db, instanceSettings(config));
    const served = { instance: config, connected: undefined };
    const limits = { confirmAfterMs: 10, ...options.limits };
    const log = pino({ level: 'trace' }, { write: logged });
    const deps = activityDeps(db, client, served, log, { patience, limits });
    const running = await Worker.create({
      connection,
      taskQueue,
      workflowBundle: { codePath: code },
      activities: createActivities(deps),
      ...UNREADABLE_HISTORY_FAILS,
      stickyQueueScheduleToStartTimeout: '1s',
      shutdownForceTime: '30s',
      // A cancellation reaches an activity with its heartbeats.
      maxHeartbeatThrottleInterval: '200ms',
    });
    const ended = running.run();
    worker = {
      deps,
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
    await untilEnded(client, run.workflowId);
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
    patience,
    get deps() {
      if (!worker) throw new Error('no worker runs');
      return worker.deps;
    },
    start,
    reportOf,
    sync: async (input) => reportOf(await start(input)),
    reconfigure,
    totals() {
      const { succeeded, amounts } = stripe.world.totals();
      const upper = Object.entries(amounts).map(([code, sum]) => [code.toUpperCase(), sum]);
      const booked = blnk.ledger.totals();
      return {
        stripe: { count: succeeded, amounts: Object.fromEntries(upper) as Totals['amounts'] },
        blnk: { count: booked.transactions, amounts: booked.amounts },
      };
    },
    booked: () =>
      blnk.ledger.rows.map((row) => ({
        ...(fullView(row, blnk.ledger.salt) as unknown as Booked),
        from: row.source.indicator,
        to: row.destination.indicator,
      })),
    intercept(decide) {
      if (!proxy) throw new Error('start the harness with `proxied`');
      proxy.intercept(decide);
    },
    log: lines,
    async close() {
      await worker?.stop();
      await Promise.all([stripe.close(), blnk.close(), proxy?.close(), db.close()]);
      await clientConnection.close();
      await connection.close();
    },
  };
}
