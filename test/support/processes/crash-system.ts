/**
 * One instance whose parts are processes, each as users run it and each to be killed: the worker, both
 * stand-ins with their journals, and what a test brings of Temporal and the database.
 */
import { randomUUID } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { NetConnectOpts } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time';
import { freePort } from '../../../src/local/process/ports';
import { databaseSocket } from '../../../src/local/process/unix-socket';
import { syncIdOf } from '../../../src/domain/ids';
import { SANDBOX_BLNK_KEY } from '../../../sandbox/blnk/keys';
import { SANDBOX_STRIPE_KEY } from '../../../sandbox/stripe/keys';
import { connectDb } from '../../../src/store/db';
import { findSync, type SyncRow } from '../../../src/store/syncs';
import { startAdhocSync, type StartedSync } from '../../../src/temporal/syncs';
import type { Books } from '../books/books';
import { testEnvironment } from '../environment';
import { createGrpcReader } from '../proxies/grpc-text';
import { startProgram, type Program } from './program';
import { startTcpGate, type TcpGate } from '../proxies/tcp-gate';
import { untilEnded, whileServing } from './workflow-end';

/** Stops between the worker and what it talks to. */
export type Gates = Readonly<Record<'stripe' | 'blnk' | 'database' | 'temporal', TcpGate>>;

export interface CrashSystemOptions {
  /** Default: the server and the database of the run. */
  readonly temporalAddress?: string;
  readonly databaseUrl?: string;
  /** Milliseconds that a stand-in takes for each request. Default 0. */
  readonly latencyMs?: { readonly stripe?: number; readonly blnk?: number };
  /** Settings of the worker on top of those of the parts. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Puts gates around the worker. They blur how a connection breaks. */
  readonly gated?: boolean;
  /** A Core that is there already, and that no test ends. Default: a stand-in of its own. */
  readonly core?: { readonly url: string; readonly apiKey: string };
}

export interface CrashSystem extends Books {
  readonly client: Client;
  readonly worker: Program;
  readonly stripe: Program;
  /** Absent: a Core that was there already. */
  readonly blnk?: Program;
  readonly gates: Gates | undefined;
  /** New pay-ins at Stripe. */
  pay(count: number): Promise<void>;
  /** Transactions in the ledger of its own. */
  booked(): Promise<number>;
  start(): Promise<StartedSync>;
  /** Waits for the end of a sync. */
  rowOf(started: StartedSync): Promise<SyncRow | undefined>;
  /** Runs a sync to its end. */
  sync(): Promise<SyncRow | undefined>;
  close(): Promise<void>;
}

export async function startCrashSystem(options: CrashSystemOptions = {}): Promise<CrashSystem> {
  const { databaseUrl = testEnvironment().databaseUrl, core } = options;
  const { temporalAddress = testEnvironment().temporalAddress } = options;
  const instanceId = `crash_${randomUUID().slice(0, 8)}`;
  const folder = mkdtempSync(join(tmpdir(), 'bss-crash-'));
  const { stripe = 0, blnk = 0 } = options.latencyMs ?? {};
  const journal = (name: string) => ['--journal', join(folder, name)];
  const [stripeProgram, blnkProgram] = await Promise.all([
    startOnPort('sandbox/stripe/main', [
      ...['--scenario', 'empty', '--seed', instanceId, '--latency', String(stripe)],
      ...journal('stripe.jsonl'),
    ]),
    core
      ? undefined
      : startOnPort('sandbox/blnk/main', ['--latency', String(blnk), ...journal('blnk.jsonl')]),
  ]);
  const stripeUrl = String(stripeProgram.said['url']);
  const blnkUrl = core?.url ?? String(blnkProgram?.said['url']);
  const addresses = { stripeUrl, blnkUrl, databaseUrl, temporalAddress };
  const gates = options.gated === true ? await startGates(addresses) : undefined;
  const seen = gates ? through(gates, addresses) : addresses;

  const { client, close } = await openNamespace(temporalAddress, instanceId);
  const worker = await startProgram({
    module: 'worker',
    env: {
      STRIPE_SECRET_KEY: SANDBOX_STRIPE_KEY,
      STRIPE_API_BASE: seen.stripeUrl,
      BLNK_KIND: 'core',
      BLNK_URL: seen.blnkUrl,
      BLNK_API_KEY: core?.apiKey ?? SANDBOX_BLNK_KEY,
      BLNK_INSTANCE_ID: instanceId,
      // Pay-ins alone, unless a test is about more.
      MOVEMENTS: 'off',
      DATABASE_URL: seen.databaseUrl,
      TEMPORAL_ADDRESS: seen.temporalAddress,
      TEMPORAL_NAMESPACE: instanceId,
      LOG_LEVEL: process.env['TEST_LOG_LEVEL'] ?? 'error',
      ...options.settings,
    },
  });
  const db = connectDb(databaseUrl, 2);

  let paid = 0;
  const start = () => whileServing(() => startAdhocSync(client, { instanceId, trigger: 'cli' }));
  const rowOf: CrashSystem['rowOf'] = async ({ workflowId, runId }) => {
    await untilEnded(client, workflowId);
    return findSync(db, syncIdOf(instanceId, workflowId, runId));
  };
  return {
    ...{ db, instanceId, stripeUrl, blnkUrl, client, worker, gates },
    stripe: stripeProgram,
    ...(blnkProgram && { blnk: blnkProgram }),
    async pay(count) {
      for (let left = count; left > 0; left -= 1) {
        paid += 1;
        const currency = paid % 3 === 0 ? 'eur' : 'usd';
        await post(`${stripeUrl}/sandbox/payment_intents`, { amount: 100 + paid, currency });
      }
    },
    async booked() {
      const answer = await fetch(`${blnkUrl}/sandbox/totals`);
      return ((await answer.json()) as { transactions: number }).transactions;
    },
    start,
    rowOf,
    sync: async () => rowOf(await start()),
    async close() {
      await worker.kill('SIGKILL');
      await Promise.all([stripeProgram.kill('SIGTERM'), blnkProgram?.kill('SIGTERM')]);
      await Promise.all([
        close(),
        db.close(),
        ...Object.values(gates ?? {}).map((gate) => gate.close()),
      ]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** On a port that it keeps when it is started again. */
async function startOnPort(module: string, args: readonly string[]): Promise<Program> {
  const port = await freePort(0);
  return startProgram({ module, args: ['--port', String(port), ...args] });
}

/** A namespace of its own: the worker's task queue has the same name everywhere. */
export async function openNamespace(
  address: string,
  namespace: string,
): Promise<{ client: Client; close: () => Promise<void> }> {
  const connection = await Connection.connect({ address });
  await connection.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: msToTs('30 days'),
  });
  return { client: new Client({ connection, namespace }), close: () => connection.close() };
}

async function post(url: string, body: unknown): Promise<void> {
  const answer = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
}

interface Addresses {
  readonly stripeUrl: string;
  readonly blnkUrl: string;
  readonly databaseUrl: string;
  readonly temporalAddress: string;
}

export async function startGates(to: Addresses): Promise<Gates> {
  const [stripe, blnk, database, temporal] = await Promise.all([
    startTcpGate(portOf(to.stripeUrl)),
    startTcpGate(portOf(to.blnkUrl)),
    startTcpGate(databaseEnd(to.databaseUrl)),
    startTcpGate(portOf(`http://${to.temporalAddress}`), createGrpcReader),
  ]);
  return { stripe, blnk, database, temporal };
}

/** The same, each by its gate. */
export function through(gates: Gates, to: Addresses): Addresses {
  return {
    stripeUrl: `http://127.0.0.1:${gates.stripe.port}`,
    blnkUrl: `http://127.0.0.1:${gates.blnk.port}`,
    databaseUrl: throughPort(to.databaseUrl, gates.database.port),
    temporalAddress: `127.0.0.1:${gates.temporal.port}`,
  };
}

function portOf(url: string): NetConnectOpts {
  const { hostname, port } = new URL(url);
  return { host: hostname, port: Number(port) };
}

/** The embedded database listens on a socket in the folder that its URL names. */
const FOLDER = /^postgresql:\/\/postgres@\/postgres\?host=(.*)$/;

function databaseEnd(url: string): NetConnectOpts {
  const folder = FOLDER.exec(url)?.[1];
  if (folder === undefined) return portOf(url);
  return { path: databaseSocket(decodeURIComponent(folder)) };
}

function throughPort(url: string, port: number): string {
  if (FOLDER.test(url)) return `postgresql://postgres@127.0.0.1:${port}/postgres`;
  const changed = new URL(url);
  changed.host = `127.0.0.1:${port}`;
  return changed.href;
}
