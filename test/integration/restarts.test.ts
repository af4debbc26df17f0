/** The database or Temporal dies in the middle of a run, and the sync goes on to its end. */
import { mkdtempSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { startDatabase } from '../../src/local/database-process';
import { freePort } from '../../src/local/ports';
import { migrate } from '../../src/store/migrate';
import { startLocalTemporal } from '../../src/temporal/local-server';
import { temporalCli } from '../support/cli';
import { startHarness, type Harness } from '../support/harness';

const COUNT = 260;
const restarts = { times: 5, withinMs: 60_000, backoffMs: 10 };
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
    restarts,
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

async function pay(harness: Harness): Promise<void> {
  for (let index = 0; index < COUNT; index += 1) await harness.stripe.world.pay();
}

async function untilBooked(harness: Harness, count: number): Promise<void> {
  while (harness.booked().length < count) await sleep(5);
}

/** Once in the ledger, once in our rows, and counted once. */
async function expectComplete(harness: Harness, sync: unknown): Promise<void> {
  expect(sync).toMatchObject({
    status: 'completed',
    recordsFound: COUNT,
    recordsPosted: COUNT,
    recordsAlreadyPosted: 0,
    recordsQuarantined: 0,
  });
  const { stripe, blnk } = harness.totals();
  expect(blnk).toEqual(stripe);
  const rows = await harness.db.query(
    `select state, count(*) as count from pay_ins where instance_id = $1 group by state`,
    [harness.instanceId],
  );
  expect(rows).toEqual([{ state: 'posted', count: COUNT }]);
}

it('the database: two crashes cost nothing but time', async () => {
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
    await untilBooked(harness, 150);
    await database.crash();
    await expectComplete(harness, await harness.reportOf(run));
    expect(await harness.sync()).toMatchObject({ status: 'completed', recordsFound: 0 });
  } finally {
    await harness.close();
    await database.stop();
  }
}, 60_000);

it('Temporal: its server is killed, and the sync goes on when it is back', async () => {
  const recordFile = join(folder, 'temporal.json');
  const port = await freePort(0);
  const temporal = await startLocalTemporal({
    executable: await temporalCli(),
    port,
    uiPort: await freePort(0, [port]),
    dbFile: join(folder, 'temporal.db'),
    logFile: join(folder, 'temporal.log'),
    recordFile,
    restarts,
  });
  const harness = await startHarness({
    servers: { temporalAddress: temporal.address },
    blnk: { latencyMs: 20 },
  });
  try {
    await pay(harness);
    const run = await harness.start();
    await untilBooked(harness, 60);
    const { pid } = JSON.parse(readFileSync(recordFile, 'utf8')) as { pid: number };
    process.kill(pid, 'SIGKILL');
    await expectComplete(harness, await harness.reportOf(run));
    expect(await harness.sync()).toMatchObject({ status: 'completed', recordsFound: 0 });
  } finally {
    await harness.close();
    await temporal.stop();
  }
}, 60_000);
