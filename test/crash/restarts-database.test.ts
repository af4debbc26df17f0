/** The database dies in the middle of a run, and the sync goes on to its end. */
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { startDatabase } from '../../src/local/database-process';
import { migrate } from '../../src/store/migrate';
import { startHarness } from '../support/harness';
import { expectComplete, pay, RESTARTS, untilBooked } from './restarts-support';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bss-restart-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

interface OwnDatabase {
  readonly url: string;
  /** Ends every connection, as a crash does. */
  crash(): Promise<void>;
  stop(): Promise<unknown>;
}

/** A database that no other test uses, embedded or on the given server. */
function startOwnDatabase(): Promise<OwnDatabase> {
  const server = process.env['TEST_DATABASE_URL'];
  return server === undefined ? startEmbedded() : createOn(server);
}

/** Its process is killed, and started again by its supervisor. */
async function startEmbedded(): Promise<OwnDatabase> {
  const database = await startDatabase({
    env: {},
    logFile: join(folder, 'database.log'),
    socketDir: folder,
    dataDir: join(folder, 'data'),
    restarts: RESTARTS,
  });
  await migrate(database.url);
  return {
    url: database.url,
    crash: async () => void process.kill(database.pid()!, 'SIGKILL'),
    stop: () => database.stop(),
  };
}

/** Somebody else's server is not ours to kill: all its sessions of this database are. */
async function createOn(server: string): Promise<OwnDatabase> {
  const name = `sync_restart_${process.pid}`;
  const admin = async (sql: string) => {
    const client = new Client(server);
    await client.connect();
    const { rowCount } = await client.query(sql);
    await client.end();
    return rowCount;
  };
  await admin(`create database ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  await migrate(url.href);
  return {
    url: url.href,
    crash: async () => {
      const ended = await admin(
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`,
      );
      expect(ended).toBeGreaterThan(0);
    },
    stop: () => admin(`drop database ${name} with (force)`),
  };
}

it('the database: a crash costs nothing but time', async () => {
  const database = await startOwnDatabase();
  const harness = await startHarness({
    servers: { databaseUrl: database.url },
    blnk: { latencyMs: 20 },
  });
  try {
    await pay(harness);
    const run = await harness.start();
    await untilBooked(harness, 30);
    await database.crash();
    await expectComplete(harness, await harness.reportOf(run));
  } finally {
    await harness.close();
    await database.stop();
  }
}, 60_000);
