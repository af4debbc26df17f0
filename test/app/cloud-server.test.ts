/** The server as users run it: its own process, also while Temporal is away. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../src/local/process/ports';
import { connectDb, type Db } from '../../src/store/db';
import { newInstanceId } from '../support/worlds/cloud-world';
import { testEnvironment } from '../support/environment';
import { startOwnDatabase, type OwnDatabase } from '../support/databases/own-database';
import { HUSH_SECRET, randomKey } from '../support/random-key';

const SECRET = HUSH_SECRET;
const { temporalAddress } = testEnvironment();
// Its own: the server carries out what is due for any instance, also for those of tests beside it.
let database: OwnDatabase;
let db: Db;
beforeAll(async () => {
  database = await startOwnDatabase();
  db = connectDb(database.url);
});
afterAll(async () => {
  await db.close();
  await database.stop();
});

interface Server {
  readonly url: string;
  readonly output: () => string;
  stop(): Promise<number | null>;
}

async function startServer(temporal: string): Promise<Server> {
  const port = await freePort(0);
  const child: ChildProcess = fork(join(__dirname, '../../dist/server.js'), {
    env: {
      PATH: process.env['PATH'],
      DATABASE_URL: database.url,
      TEMPORAL_ADDRESS: temporal,
      ENCRYPTION_KEYS: `k1:${randomKey('k1')}`,
      CALLBACK_SECRET: SECRET,
      PUBLIC_URL: 'https://app.example.com',
      BLNK_CLOUD_URL: 'http://127.0.0.1:9',
      PORT: String(port),
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let output = '';
  child.stdout?.on('data', (chunk) => (output += String(chunk)));
  child.stderr?.on('data', (chunk) => (output += String(chunk)));
  const gone = once(child, 'exit').then(() => 'gone' as const);
  if ((await Promise.race([once(child, 'message'), gone])) === 'gone') {
    throw new Error(`the server ended: ${output}`);
  }
  return {
    url: `http://127.0.0.1:${port}`,
    output: () => output,
    async stop() {
      child.kill('SIGTERM');
      await gone;
      return child.exitCode;
    },
  };
}

const post = (url: string, id: string, instanceId: string) =>
  fetch(`${url}/api/callback/${SECRET}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      installed_app_id: `instapp_${id}`,
      app_id: 'app_1',
      instance_id: instanceId,
      api_key: 'blnk_hush',
      api_key_prefix: 'blnk_',
      granted_permissions: ['data:read', 'data:write'],
      idempotency_key: `install:instapp_${id}`,
    }),
  });

it('is ready, takes installs, and ends in order', async () => {
  const server = await startServer(temporalAddress);
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  const ready = await fetch(`${server.url}/readyz`);
  expect(ready.status).toBe(200);
  expect(await ready.json()).toMatchObject({
    ok: true,
    parts: [
      { name: 'database', ok: true },
      { name: 'Temporal', ok: true },
    ],
  });
  const instanceId = newInstanceId();
  expect((await post(server.url, instanceId, instanceId)).status).toBe(200);
  expect(await server.stop()).toBe(0);
  expect(server.output()).toContain('/api/callback/:secret');
  expect(server.output()).not.toContain('hush');
});

it('takes installs while Temporal is away, says that it is not ready, and loses nothing', async () => {
  const server = await startServer('127.0.0.1:9');
  const instanceId = newInstanceId();
  expect((await post(server.url, instanceId, instanceId)).status).toBe(200);
  const ready = await fetch(`${server.url}/readyz`);
  expect(ready.status).toBe(503);
  expect(await ready.json()).toMatchObject({
    ok: false,
    parts: [
      { name: 'database', ok: true },
      { name: 'Temporal', ok: false },
    ],
  });
  await sleep(200);
  await server.stop();
  const open = await db.query<{ kind: string }>(
    'select kind from intents where instance_id = $1 and done_at is null',
    [instanceId],
  );
  expect(open).toEqual([{ kind: 'probe' }]);
});

it('answers 200 installs at once', async () => {
  const server = await startServer(temporalAddress);
  const ids = Array.from({ length: 200 }, () => newInstanceId());
  const answers = await Promise.all(ids.map((id) => post(server.url, id, id)));
  expect(answers.map(({ status }) => status)).toEqual(Array<number>(200).fill(200));
  await server.stop();
});
