/**
 * The command line as people run it: the compiled program as a process in a folder of its own, where
 * an `npm start` seems to run. Its Temporal is a namespace of the run's server, so that the one task
 * queue is nobody else's.
 */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { pino } from 'pino';
import { createActivities } from '../../src/activities';
import { PATIENCE } from '../../src/activities/deps';
import { instanceSettings } from '../../src/activities/source-check';
import { loadConfig } from '../../src/config';
import { TASK_QUEUE } from '../../src/domain/names';
import { activityDeps } from '../../src/instance';
import { sandboxSettings } from '../../src/local/sandbox-instance';
import { openStateFolder } from '../../src/local/state-folder';
import { startBlnkStandIn, type BlnkStandIn } from '../../src/sandbox/blnk/start';
import {
  startStripeStandIn,
  type StripeStandIn,
  type StripeStandInOptions,
} from '../../src/sandbox/stripe/start';
import { connectDb, type Db } from '../../src/store/db';
import { ensureInstance } from '../../src/store/instances';
import { testEnvironment } from '../support/environment';
import { installRuntime } from '../support/runtime';
import { DIST, scratchFolder, type Scratch } from './local-support';

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliProcess {
  readonly ended: Promise<Ended>;
  /** Resolves once standard error holds this. */
  said(pattern: RegExp): Promise<void>;
  interrupt(): void;
}

export type Settings = Readonly<Record<string, string>>;

/** Nothing of this process's environment gets in, except where programs are. */
export function startCli(folder: string, args: readonly string[], settings: Settings): CliProcess {
  const child = spawn(process.execPath, [join(DIST, 'client.js'), ...args], {
    cwd: folder,
    env: { PATH: process.env['PATH'], ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const text = { stdout: '', stderr: '' };
  let onText: () => void = () => undefined;
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (part: string) => {
      text[name] += part;
      onText();
    });
  }
  return {
    ended: once(child, 'close').then(([code]) => ({ code: code as number | null, ...text })),
    said: (pattern) =>
      new Promise((resolve) => {
        onText = () => {
          if (pattern.test(text.stderr)) resolve();
        };
        onText();
      }),
    interrupt: () => void child.kill('SIGINT'),
  };
}

export interface CliWorld {
  readonly folder: Scratch;
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

export interface CliWorldOptions {
  readonly scenario: StripeStandInOptions['scenario'];
  /** Default true. */
  readonly worker?: boolean;
  /** Default: the sandbox. Else its ends come from the settings, as for a real instance. */
  readonly instanceId?: string;
}

export async function startCliWorld(options: CliWorldOptions): Promise<CliWorld> {
  const { databaseUrl, temporalAddress } = testEnvironment();
  const folder = scratchFolder();
  const stripe = await startStripeStandIn({ scenario: options.scenario, seed: randomUUID() });
  const blnk = await startBlnkStandIn();
  const namespace = `cli-${randomUUID().slice(0, 8)}`;
  const connection = await Connection.connect({ address: temporalAddress });
  await connection.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: { seconds: (30 * 86_400) as unknown as Long },
  });
  const client = new Client({ connection, namespace });
  const db = connectDb(databaseUrl);
  const addresses = { stripeBase: stripe.url, blnkUrl: blnk.url };
  const sandbox = sandboxSettings(addresses);
  const { instanceId } = options;
  const settings = instanceId === undefined ? {} : { ...sandbox, BLNK_INSTANCE_ID: instanceId };
  const mode = instanceId === undefined ? 'sandbox' : 'main';
  const worker =
    options.worker === false
      ? undefined
      : await startWorker(client, db, { ...sandbox, ...settings });
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
      folder.remove();
    },
  };
}

async function startWorker(
  client: Client,
  db: Db,
  settings: Settings,
): Promise<{ stop: () => Promise<void> }> {
  const { temporalAddress, bundle } = testEnvironment();
  installRuntime();
  const { instance } = loadConfig('cli', settings);
  if (!instance) throw new Error('the settings name no instance');
  await ensureInstance(db, instanceSettings(instance));
  const log = pino({ level: process.env['TEST_LOG_LEVEL'] ?? 'silent' });
  // Many short rounds: a fault that a test ends is over for the sync at once.
  const patience = { ...PATIENCE, roundWaitsMs: Array<number>(300).fill(100) };
  const connection = await NativeConnection.connect({ address: temporalAddress });
  const worker = await Worker.create({
    connection,
    namespace: client.options.namespace,
    taskQueue: TASK_QUEUE,
    workflowBundle: { codePath: bundle },
    activities: createActivities(activityDeps(db, client, instance, log, { patience })),
    shutdownForceTime: '2s',
  });
  const ended = worker.run();
  return {
    async stop() {
      worker.shutdown();
      await ended;
      await connection.close();
    },
  };
}
