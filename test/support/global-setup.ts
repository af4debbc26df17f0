/**
 * Once per run of a suite: one Temporal server, one database, one workflow bundle. Files keep apart by
 * their own instance and task queue. TEST_DATABASE_URL runs everything on a real Postgres server.
 */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleWorkflowCode } from '@temporalio/worker';
import { Client } from 'pg';
import { startDatabase } from '../../src/local/database-process';
import { freePort } from '../../src/local/ports';
import { migrate } from '../../src/store/migrate';
import { startLocalTemporal } from '../../src/temporal/local-server';
import { temporalCli } from './cli';
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
  if (server !== undefined) return createDatabase(server);
  const database = await startDatabase({
    env: {},
    logFile: join(folder, 'database.log'),
    socketDir: folder,
  });
  stops.unshift(() => database.stop());
  await migrate(database.url);
  return database.url;
}

/** A database of its own on the given server, dropped at the end. */
async function createDatabase(server: string): Promise<string> {
  const name = `sync_test_${process.pid}_${Date.now()}`;
  const admin = async (sql: string) => {
    const client = new Client(server);
    await client.connect();
    await client.query(sql);
    await client.end();
  };
  await admin(`create database ${name}`);
  stops.unshift(() => admin(`drop database ${name} with (force)`));
  const url = new URL(server);
  url.pathname = `/${name}`;
  await migrate(url.href);
  return url.href;
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
