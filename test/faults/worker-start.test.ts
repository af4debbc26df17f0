/** A worker that cannot begin says why, by a code, and waits for what is still starting beside it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { freePort } from '../../src/local/process/ports';
import { testEnvironment } from '../support/environment';
import { startOwnDatabase, type OwnDatabase } from '../support/databases/own-database';
import { DIST } from '../support/processes/program';
import { connect, createServer, type Server } from 'node:net';

let database: OwnDatabase;
const open: { children: ChildProcess[]; servers: Server[] } = { children: [], servers: [] };

beforeAll(async () => {
  database = await startOwnDatabase();
});
afterEach(() => {
  for (const child of open.children) child.kill('SIGKILL');
  for (const server of open.servers) server.close();
});
afterAll(() => database.stop());

function start(env: Record<string, string>) {
  const child = spawn(process.execPath, [join(DIST, 'worker.js')], {
    env: {
      PATH: process.env['PATH'],
      STRIPE_SECRET_KEY: 'rk_test_x',
      BLNK_API_KEY: 'key',
      BLNK_INSTANCE_ID: 'inst_start',
      DATABASE_URL: database.url,
      ...env,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  open.children.push(child);
  let said = '';
  let heard: () => void = () => undefined;
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString('utf8');
    heard();
  });
  const ended = new Promise<{ code: number | null; said: string }>((resolve) =>
    child.once('close', (code) => resolve({ code, said })),
  );
  return {
    ended,
    async hears(text: string): Promise<void> {
      while (!said.includes(text)) await new Promise<void>((resolve) => (heard = resolve));
    },
  };
}

const address = () => testEnvironment().temporalAddress;

test.each([
  ['TEMPORAL_TLS', 'true', 1, /^TEMPORAL_UNAVAILABLE: .*address 127.0.0.1:\d+, cause TLS\)/m],
  ['TEMPORAL_PROFILE', 'nope', 2, /^SETTINGS_INVALID: .*TEMPORAL_PROFILE is not in the file/m],
  ['TEMPORAL_NAMESPACE', 'nope', 2, /^SETTINGS_INVALID: .*TEMPORAL_NAMESPACE does not exist/m],
])('a wrong %s ends it with a code and no stack', async (name, value, exitCode, form) => {
  const { code, said } = await start({ TEMPORAL_ADDRESS: address(), [name]: value }).ended;
  expect(said).toMatch(form);
  expect(said).not.toMatch(/\n\s+at /);
  expect(code).toBe(exitCode);
});

it('waits for a Temporal that is not up yet, and begins once it is', async () => {
  const port = await freePort(0);
  const worker = start({ TEMPORAL_ADDRESS: `127.0.0.1:${port}` });
  await worker.hears('"cause":"ECONNREFUSED","msg":"worker.waiting"');
  const server = createServer((socket) => {
    const [host = '', target = ''] = address().split(':');
    const onward = connect(Number(target), host);
    for (const one of [socket, onward]) one.on('error', () => one.destroy());
    socket.pipe(onward).pipe(socket);
  });
  open.servers.push(server);
  server.listen(port, '127.0.0.1');
  await worker.hears('worker.ready');
});
