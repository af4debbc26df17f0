/**
 * Once per run of a suite: one Temporal server, one database, one workflow bundle. Files keep apart by
 * their own instance and task queue. TEST_DATABASE_URL runs everything on a real Postgres server.
 */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleWorkflowCode } from '@temporalio/worker';
import { startDatabase } from '../../src/local/postgres/database-process';
import { freePort } from '../../src/local/process/ports';
import { migrate } from '../../src/store/migrate';
import { startLocalTemporal } from '../../src/local/temporal/server';
import { temporalCli } from './processes/cli';
import { createDatabaseOn } from './databases/server-database';
import { silentLogger } from './silent-logger';

type Stop = () => Promise<unknown>;
const stops: Stop[] = [];

export default async function setUp(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'bss-test-'));
  stops.unshift(() => rm(folder, { recursive: true, force: true }));
  const [databaseUrl, temporalAddress] = await Promise.all([
    prepareDatabase(folder),
    prepareTemporal(folder),
    prepareBundle(join(folder, 'bundle.js')),
  ]);
  process.env['SYNC_TEST'] = JSON.stringify({
    databaseUrl,
    temporalAddress,
    bundle: join(folder, 'bundle.js'),
  });
}

export async function tearDown(): Promise<void> {
  for (const stop of stops.splice(0)) await stop();
}

async function prepareDatabase(folder: string): Promise<string> {
  const server = process.env['TEST_DATABASE_URL'];
  if (server !== undefined) {
    const { url, drop } = await createDatabaseOn(server, 'sync_test');
    stops.unshift(drop);
    return url;
  }
  const database = await startDatabase({
    logFile: join(folder, 'database.log'),
    socketDir: folder,
  });
  stops.unshift(() => database.stop());
  await migrate(database.url);
  return database.url;
}

async function prepareTemporal(folder: string): Promise<string> {
  const executable = await temporalCli();
  const port = await freePort(0);
  const temporal = await startLocalTemporal({
    executable,
    port,
    uiPort: await freePort(0, [port]),
    logFile: join(folder, 'temporal.log'),
    recordFile: join(folder, 'temporal.json'),
  });
  stops.unshift(() => temporal.stop());
  return temporal.address;
}

async function prepareBundle(file: string): Promise<void> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: require.resolve('../../src/workflows'),
    logger: silentLogger,
  });
  writeFileSync(file, code);
}
