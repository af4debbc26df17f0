/**
 * A folder where an `npm start` seems to run, between two stand-ins of its own. Its Temporal is a
 * namespace of the run's server, so that the one task queue is nobody else's.
 */
import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time';
import { sandboxSettings } from '../../../src/local/state/sandbox-instance';
import { openStateFolder } from '../../../src/local/state/state-folder';
import { startBlnkStandIn, type BlnkStandIn } from '../../../sandbox/blnk/start';
import {
  startStripeStandIn,
  type StripeStandIn,
  type StripeStandInOptions,
} from '../../../sandbox/stripe/start';
import { connectDb, type Db } from '../../../src/store/db';
import { testEnvironment } from '../environment';
import { startCli, type CliProcess, type Ended, type Settings } from '../processes/cli-process';
import { scratchFolder, type Scratch } from '../processes/local-support';
import { startOwnDatabase } from '../databases/own-database';

export interface CliWorld {
  readonly folder: Scratch;
  /** Of the instance, in the form of the environment. */
  readonly settings: Settings;
  readonly stripe: StripeStandIn;
  readonly blnk: BlnkStandIn;
  readonly db: Db;
  readonly client: Client;
  start(...args: string[]): CliProcess;
  cli(...args: string[]): Promise<Ended>;
  /** Runs with --json and parses all of standard output. */
  json(...args: string[]): Promise<Ended & { readonly data: unknown }>;
  close(): Promise<void>;
}

/** Given by the test that needs one: its package takes seconds to load. */
type StartWorker = (
  client: Client,
  db: Db,
  settings: Settings,
) => Promise<{ stop: () => Promise<void> }>;

export interface CliWorldOptions {
  readonly scenario: StripeStandInOptions['scenario'];
  /** Default: none. */
  readonly worker?: StartWorker;
  /** Default: the sandbox. Else its ends come from the settings, as for a real instance. */
  readonly instanceId?: string;
  /** SYNC_CRON of an instance that is named. Default: as a user has it who says nothing. */
  readonly cron?: string;
}

export async function startCliWorld(options: CliWorldOptions): Promise<CliWorld> {
  const { temporalAddress } = testEnvironment();
  // Every sandbox has the same instance: in a database of many, one test would meet the account of another.
  const own = options.instanceId === undefined ? await startOwnDatabase() : undefined;
  const databaseUrl = own?.url ?? testEnvironment().databaseUrl;
  const folder = scratchFolder();
  const seed = randomUUID();
  // An account of its own: its reads and its allowance are counted over all who use it.
  const account = `acct_${seed.slice(0, 8)}`;
  const stripe = await startStripeStandIn({ scenario: options.scenario, seed, account });
  const blnk = await startBlnkStandIn();
  const namespace = `cli-${randomUUID().slice(0, 8)}`;
  const connection = await Connection.connect({ address: temporalAddress });
  await connection.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: msToTs('30 days'),
  });
  const client = new Client({ connection, namespace });
  const db = connectDb(databaseUrl);
  const addresses = { stripeBase: stripe.url, blnkUrl: blnk.url };
  // Pay-ins alone, unless a test is about more.
  const without = { MOVEMENTS: 'off' };
  const sandbox = { ...sandboxSettings(addresses), ...without };
  const { instanceId } = options;
  const named = {
    BLNK_INSTANCE_ID: instanceId ?? '',
    ...(options.cron && { SYNC_CRON: options.cron }),
  };
  const settings = instanceId === undefined ? without : { ...sandbox, ...named };
  const mode = instanceId === undefined ? 'sandbox' : 'main';
  const ofInstance = { ...sandbox, ...settings };
  const worker = await options.worker?.(client, db, ofInstance);
  const state = await openStateFolder(folder.file(`.data/${mode}`));
  state.publish({
    mode,
    temporalAddress,
    temporalNamespace: namespace,
    webUiUrl: 'http://127.0.0.1:8233',
    databaseUrl,
    ...(mode === 'sandbox' && { sandbox: addresses }),
  });

  const start = (...args: string[]) => startCli(folder.path, args, settings);
  return {
    folder,
    settings: ofInstance,
    stripe,
    blnk,
    db,
    client,
    start,
    cli: (...args) => start(...args).ended,
    async json(...args) {
      const ended = await start(...args, '--json').ended;
      return { ...ended, data: JSON.parse(ended.stdout) as unknown };
    },
    async close() {
      await worker?.stop();
      await state.release();
      await Promise.all([stripe.close(), blnk.close(), db.close(), connection.close()]);
      await own?.stop();
      folder.remove();
    },
  };
}
