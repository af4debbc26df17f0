import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { freePort } from '../../src/local/process/ports';
import { resolveTemporalCli } from '../../src/local/temporal/cli-resolver';
import { startLocalTemporal } from '../../src/local/temporal/server';
import { sendRequest } from '../support/proxies/raw-http';
import {
  isRunning,
  kill,
  runUntilFirstLine,
  scratchFolder,
  until,
  type Scratch,
} from '../support/processes/local-support';

const PARENT = `
const options = JSON.parse(process.argv[2]);
void dist('local/temporal/server').startLocalTemporal(options).then((server) => {
  const { address, webUiUrl } = server;
  console.log(JSON.stringify({ leash: server.pid(), address, webUiUrl }));
});`;

let scratch: Scratch;

beforeAll(() => (scratch = scratchFolder()));
afterAll(() => scratch.remove());

test('a local Temporal keeps runs for 30 days, shows its Web UI, and ends with its killed parent', async () => {
  const executable = await resolveTemporalCli({
    cliPath: process.env['TEMPORAL_CLI_PATH'],
    cacheDir: join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'blnk-stripe-sync'),
    pathVariable: process.env['PATH'] ?? '',
    say: (line) => process.stderr.write(`${line}\n`),
  });
  const port = await freePort(0);
  const uiPort = await freePort(0, [port]);
  const httpPort = await freePort(0, [port, uiPort]);
  const options = {
    ...{ executable, port, uiPort, httpPort },
    dbFile: scratch.file('temporal.db'),
    recordFile: scratch.file('temporal.json'),
    logFile: scratch.file('temporal.log'),
  };
  const parent = scratch.program('parent.js', PARENT);
  const { process: supervisor, said } = await runUntilFirstLine(parent, JSON.stringify(options));
  const server = (JSON.parse(readFileSync(options.recordFile, 'utf8')) as { pid: number }).pid;

  const connection = await Connection.connect({ address: String(said['address']) });
  const { config } = await connection.workflowService.describeNamespace({ namespace: 'default' });
  await connection.close();
  expect(Number(config?.workflowExecutionRetentionTtl?.seconds)).toBe(30 * 24 * 60 * 60);
  expect((await fetch(String(said['webUiUrl']))).status).toBe(200);

  // As from a page whose own name leads to this machine.
  const path = '/api/v1/namespaces';
  const rebound = await sendRequest(`http://127.0.0.1:${httpPort}`, { method: 'GET', path });
  expect(rebound.status).toBe(403);

  expect(isRunning(server)).toBe(true);
  await kill(supervisor);
  await until(() => !isRunning(Number(said['leash'])) && !isRunning(server));
});

test('neither Temporal nor the database sees a key, or anything else of our environment', async () => {
  const seen = scratch.file('environment');
  const fake = scratch.file('temporal');
  writeFileSync(fake, `#!/bin/sh\nenv > "${seen}"; exec sleep 600\n`, { mode: 0o755 });
  const stop = new AbortController();
  process.env['STRIPE_SECRET_KEY'] = 'rk_live_hush';
  try {
    const starting = startLocalTemporal({
      executable: fake,
      port: await freePort(0),
      recordFile: scratch.file('fake.json'),
      logFile: scratch.file('fake.log'),
      startStop: stop.signal,
    }).catch((error: unknown) => error);
    await until(() => existsSync(seen) && readFileSync(seen, 'utf8').includes('PWD'));
    stop.abort();
    await starting;
  } finally {
    delete process.env['STRIPE_SECRET_KEY'];
  }
  const names = readFileSync(seen, 'utf8').match(/^[A-Za-z_]+(?==)/gm) ?? [];
  // What Node and the shell set by themselves.
  const own = [
    'PWD',
    'OLDPWD',
    'SHLVL',
    '_',
    'NODE_CHANNEL_FD',
    'NODE_CHANNEL_SERIALIZATION_MODE',
    '__CF_USER_TEXT_ENCODING',
  ];
  expect(names.filter((name) => !own.includes(name))).toEqual([]);
});
