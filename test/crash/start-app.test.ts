/** `npm start` in the sandbox: the Blnk Cloud app is installed, and its portal opens from the dashboard. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { temporalCli } from '../support/processes/cli';
import { DIST, scratchFolder, type Scratch } from '../support/processes/local-support';
import { HUSH_SECRET, randomKey } from '../support/random-key';

let scratch: Scratch;
beforeAll(() => void (scratch = scratchFolder()));
afterAll(() => scratch.remove());

interface Started {
  readonly output: () => string;
  /** The address that it prints for the portal. */
  readonly portal: string;
  stop(): Promise<number | null>;
}

/** As people run it; nothing of this process's environment gets in, except where programs are. */
async function start(settings: Record<string, string> = {}, until = /\S+\/sandbox\/portal/) {
  const child = spawn(process.execPath, [join(DIST, 'start.js'), '--scenario', 'empty'], {
    cwd: scratch.path,
    env: { PATH: process.env['PATH'], TEMPORAL_CLI_PATH: await temporalCli(), ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => (output += String(chunk)));
  }
  const exit = once(child, 'exit').then(([code]) => code as number | null);
  while (!until.test(output)) {
    if (child.exitCode !== null) throw new Error(`npm start ended: ${output}`);
    await sleep(50);
  }
  const started: Started = {
    output: () => output,
    portal: until.exec(output)?.[0] ?? '',
    async stop() {
      child.kill('SIGTERM');
      return exit;
    },
  };
  return started;
}

interface Installs {
  readonly installs: readonly { readonly status: string; readonly instance_id: string }[];
}

async function installsOf({ portal }: Started): Promise<Installs['installs']> {
  const answer = await fetch(new URL('/sandbox/installs', portal));
  return ((await answer.json()) as Installs).installs;
}

/** As a browser follows it. */
async function open({ portal }: Started) {
  const launched = await fetch(portal, { redirect: 'manual' });
  expect(launched.status).toBe(303);
  const link = launched.headers.get('location') ?? '';
  const first = await fetch(link, { redirect: 'manual' });
  const cookie = first.headers
    .getSetCookie()
    .map((one) => one.split(';')[0]!)
    .join('; ');
  const page = await fetch(new URL(first.headers.get('location') ?? '', link), {
    headers: { cookie },
  });
  return { link, status: page.status, text: await page.text() };
}

test('the printed link opens the portal each time, also after a restart, without another install', async () => {
  const first = await start();
  const one = await open(first);
  expect(one).toMatchObject({ status: 200 });
  expect(one.text).toContain('inst_sandbox');
  const two = await open(first);
  expect(two.status).toBe(200);
  expect(two.link).not.toBe(one.link);
  expect(await installsOf(first)).toMatchObject([
    { status: 'installed', instance_id: 'inst_sandbox' },
  ]);
  expect(await first.stop()).toBe(0);

  const again = await start();
  expect((await open(again)).status).toBe(200);
  expect(await installsOf(again)).toHaveLength(1);
  expect(await again.stop()).toBe(0);
}, 180_000);

test('with settings of the app alone it serves connected instances, and prints no secret', async () => {
  const settings = {
    ENCRYPTION_KEYS: `k1:${randomKey('k1')}`,
    CALLBACK_SECRET: HUSH_SECRET,
    PUBLIC_URL: 'https://app.example.com',
  };
  const started = await start(settings, /Ctrl-C stops/);
  const url = /ready server\s+\S+ s {2}(\S+)/.exec(started.output())?.[1];
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  expect(started.output()).not.toContain('hush');
  expect(await started.stop()).toBe(0);
});
