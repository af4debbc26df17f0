/**
 * The parts that every benchmark runs on, as `npm start` has them, each in a process of its own: a
 * Temporal server and a database here, stand-ins and workers as a benchmark asks for them.
 */
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import type { Context } from './context';
import { loadConfig } from '../src/config';
import { SETTING_NAMES } from '../src/config/settings';
import {
  startChild,
  type Child,
  type ChildOptions,
  type ReadyMessage,
} from '../src/local/process/child';
import { startDatabase } from '../src/local/postgres/database-process';
import { entryPath } from '../src/local/process/entry';
import { databaseSocket } from '../src/local/process/unix-socket';
import { freePort } from '../src/local/process/ports';
import { connectDb, type Db } from '../src/store/db';
import { migrate } from '../src/store/migrate';
import { resolveTemporalCli } from '../src/local/temporal/cli-resolver';
import { connectTemporal } from '../src/temporal/connection';
import { startLocalTemporal } from '../src/local/temporal/server';

export interface World {
  readonly folder: string;
  readonly client: Client;
  readonly db: Db;
  /** The Temporal server's metrics, in the text form of Prometheus. */
  metrics(): Promise<string>;
  /** As after a night: nothing that was read is in its memory any more. */
  restartDatabase(): Promise<void>;
  /** A compiled program of src, or one of this folder's. Ended with the world, if not before. */
  program(options: ProgramOptions): Promise<Program>;
  /** The product's worker for one instance. */
  worker(settings: Readonly<Record<string, string>>): Promise<Child>;
  /** What a worker's environment has besides the settings of its instance. */
  readonly workerEnvironment: Readonly<Record<string, string>>;
  /** Rejects as soon as a part has died: what waits for a sync waits for this as well. */
  readonly broken: Promise<never>;
}

export type Program = Child & { readonly ready: ReadyMessage };

export interface ProgramOptions extends Pick<ChildOptions, 'name' | 'args'> {
  /** `sandbox/blnk/main` of src, or `bench/tenants-ends`. */
  readonly entry: string;
  readonly env?: Readonly<Record<string, string>>;
}

const READY_MS = 120_000;
/** Nothing is to be saved at the end of a benchmark. */
const GRACE_MS = 3_000;
const LOG_TAIL_BYTES = 3_000;

type Close = () => Promise<unknown>;
/** Everything that is to be ended; the newest first. */
const closes: Close[] = [];

/** Opens a world, works in it, and ends it whatever happens. */
export async function inWorld<T>(
  { distanceMs }: Pick<Context, 'distanceMs'>,
  work: (world: World) => Promise<T>,
): Promise<T> {
  try {
    const world = await openWorld(distanceMs);
    try {
      return await work(world);
    } catch (error) {
      tellLogs(world.folder);
      throw error;
    }
  } finally {
    await closeEverything();
  }
}

let closing = false;

/** Also for a signal in the middle of a benchmark. */
export async function closeEverything(): Promise<void> {
  closing = true;
  for (let close = closes.pop(); close; close = closes.pop()) await close();
  closing = false;
}

/** What is under way fails as its parts are ended, which is nobody's fault. */
export function isClosing(): boolean {
  return closing;
}

async function openWorld(distanceMs: number): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'bss-bench-'));
  closes.push(() => rm(folder, { recursive: true, force: true }));
  const fault = rejectable();
  /** A part that dies would be started again, which no figure must hide. */
  const supervised = (name: string) => ({
    logFile: join(folder, `${name.replaceAll(/\W+/g, '-')}.log`),
    restarts: { times: 0, withinMs: 1, backoffMs: 0 },
    onEvent: (event: { readonly type: string; readonly reason?: string }) => {
      if (event.type !== 'up') fault.reject(new Error(`${name} has died: ${event.reason ?? ''}`));
    },
  });

  const openDatabase = () =>
    startDatabase({
      ...supervised('database'),
      socketDir: folder,
      dataDir: join(folder, 'database'),
    });
  let database = await openDatabase();
  closes.push(() => database.stop());
  await migrate(database.url);
  const db = connectDb(database.url);
  closes.push(() => db.close());

  const port = await freePort(0);
  const uiPort = await freePort(0, [port]);
  const metricsPort = await freePort(0, [port, uiPort]);
  const temporal = await startLocalTemporal({
    ...supervised('temporal'),
    executable: await temporalCli(),
    ...{ port, uiPort, metricsPort },
    dbFile: join(folder, 'temporal.db'),
    recordFile: join(folder, 'temporal.json'),
  });
  closes.push(() => temporal.stop());
  const { address, namespace } = temporal;
  const { client, close } = await connectTemporal({ address, namespace, local: true });
  closes.push(close);

  const program: World['program'] = async ({ name, entry, args = [], env = {} }) => {
    let ready: ReadyMessage = { type: 'ready' };
    const ours = /^bench\/(.*)$/.exec(entry)?.[1];
    const child = await startChild({
      ...supervised(name),
      name,
      module: ours === undefined ? entryPath(entry) : join(__dirname, 'run.js'),
      args: ours === undefined ? args : [ours, ...args],
      env,
      readyTimeoutMs: READY_MS,
      graceMs: GRACE_MS,
      onReady: (message) => {
        ready = message;
        return Promise.resolve();
      },
    });
    closes.push(() => child.stop());
    return { ...child, ready };
  };
  /** @returns a port of this machine that is so far away from that port or socket */
  const away = async (name: string, to: string) => {
    const args = ['--to', to, '--ms', String(distanceMs)];
    const { ready } = await program({ name, entry: 'bench/delay', args });
    return String(ready['port']);
  };
  const far = distanceMs > 0;

  const workerEnvironment = {
    // Blank ones keep a .env of this checkout from speaking up.
    ...Object.fromEntries(
      SETTING_NAMES.filter((name) => !name.startsWith('TEMPORAL_')).map((name) => [name, '']),
    ),
    DATABASE_URL: far
      ? `postgresql://postgres@127.0.0.1:${await away('way to Postgres', databaseSocket(folder))}/postgres`
      : database.url,
    TEMPORAL_ADDRESS: far ? `127.0.0.1:${await away('way to Temporal', String(port))}` : address,
    TEMPORAL_NAMESPACE: namespace,
    TEMPORAL_CONFIG_FILE: join(folder, 'no-profile.toml'),
    LOG_LEVEL: 'warn',
    // Pay-ins alone, unless a benchmark is about more.
    MOVEMENTS: 'off',
  };

  return {
    folder,
    client,
    db,
    metrics: async () => (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text(),
    async restartDatabase() {
      await database.stop();
      database = await openDatabase();
    },
    program,
    worker: (settings) =>
      program({ name: 'worker', entry: 'worker', env: { ...workerEnvironment, ...settings } }),
    workerEnvironment,
    broken: fault.promise,
  };
}

async function temporalCli(): Promise<string> {
  const { temporalCliPath, cacheDir, pathVariable } = loadConfig('cli', {
    TEMPORAL_CLI_PATH: process.env['TEMPORAL_CLI_PATH'],
    XDG_CACHE_HOME: process.env['XDG_CACHE_HOME'],
    PATH: process.env['PATH'],
  });
  const say = (line: string) => process.stderr.write(`${line}\n`);
  return resolveTemporalCli({ cliPath: temporalCliPath, cacheDir, pathVariable, say });
}

function rejectable(): { promise: Promise<never>; reject: (error: Error) => void } {
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<never>((_, rejectPromise) => (reject = rejectPromise));
  // Nobody may be waiting for it just then; whoever waits next gets it.
  promise.catch(() => undefined);
  return { promise, reject };
}

/** The folder goes with the world, and what the worker said is most likely the reason. */
function tellLogs(folder: string): void {
  const file = join(folder, 'worker.log');
  if (!existsSync(file)) return;
  process.stderr.write(readFileSync(file).subarray(-LOG_TAIL_BYTES).toString('utf8'));
}
