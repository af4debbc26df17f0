/**
 * `callback`: how long Blnk waits for an answer when many of its users install the app at the same moment
 * (it gives up after 10 seconds), and how long the pages of the portal take.
 */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { freePort } from '../src/local/process/ports';
import { SANDBOX_STRIPE_KEY } from '../src/local/state/sandbox-instance';
import type { Context } from './context';
import { figure, type Figure } from './figures';
import { visitPages } from './portal-pages';
import { startBlnk, startStripe } from './stand-ins';
import { median, percentile } from './statistics';
import { runSync } from './syncs';
import { inWorld, type Program, type World } from './world';
import { randomKey } from '../test/support/random-key';

const AT_ONCE = 200;
/** The first requests of a process are slower, and no server has just started. */
const WARM_UP = 20;
/** Whose portal is looked at: it has pay-ins, as the setting gives it a Stripe account. */
const INSTANCE = 'inst_bench';

const INSTALLED = z.object({
  status: z.literal('installed'),
  /** As the stand-in of Blnk has seen it. */
  call: z.object({ ms: z.number() }),
});

export function callback(context: Context): Promise<Figure[]> {
  const { quick, say } = context;
  return inWorld(context, async (world) => {
    // With the pages, more would be above the 1,200 requests a minute from one address.
    const rounds = quick ? 2 : 3;
    const size = quick ? 2_000 : 20_000;
    const urls = await startServer(world, size);
    await installAtOnce(urls.dashboardUrl, WARM_UP);
    await untilSettled(world);
    const times: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const took = await installAtOnce(urls.dashboardUrl, AT_ONCE);
      say(`callback: 200 installs, the slowest ${Math.max(...took)} ms`);
      times.push(...took);
      await untilSettled(world);
    }
    const [row] = await world.db.query<{ count: number }>(
      `select count(*) as count from installs where status = 'active'`,
    );
    if (row?.count !== rounds * AT_ONCE + WARM_UP) throw new Error(`${row?.count} are in force`);

    await install(urls.dashboardUrl, INSTANCE);
    await untilSettled(world);
    const { row: sync } = await runSync(world, INSTANCE);
    if (sync.counts.posted !== size) throw new Error(`posted ${sync.counts.posted} of ${size}`);
    say(`callback: ${size} pay-ins synced, now the pages`);
    await urls.stop();
    await world.restartDatabase();
    await urls.start();
    const { first, times: pages } = await visitPages(urls, INSTANCE, quick ? 1 : 5);

    const detail = `${rounds} rounds of ${AT_ONCE} installs at once on embedded storage, as the stand-in of Blnk sees them`;
    const ofPages = `${pages.length} loads of the 6 pages, one after the other, of an instance with ${size} pay-ins`;
    return [
      figure('callback.p99_ms', percentile(times, 99), ['<=', 500], detail),
      figure('callback.p50_ms', median(times), null, detail),
      figure('callback.max_ms', Math.max(...times), ['<=', 10_000], `${detail}; Blnk waits 10 s`),
      figure('callback.page_p99_ms', percentile(pages, 99), ['<=', 100], ofPages),
      figure('callback.page_p50_ms', median(pages), null, ofPages),
      figure(
        'callback.page_cold_ms',
        Math.max(...first),
        null,
        'the slowest first load of the 6 pages, after database and server were started anew',
      ),
    ];
  });
}

interface Urls {
  readonly serverUrl: string;
  readonly dashboardUrl: string;
  /** Of the server. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** The server with its worker, and the dashboard in which it is registered. */
async function startServer(world: World, size: number): Promise<Urls> {
  const blnk = await startBlnk(world, { latencyMs: 5 });
  const stripe = await startStripe(world, { seed: 'callback', size, days: 60 });
  const port = await freePort(0);
  const secret = randomUUID() + randomUUID();
  const serverUrl = `http://127.0.0.1:${port}`;
  const settings = {
    ENCRYPTION_KEYS: `bench:${randomKey('bench')}`,
    CALLBACK_SECRET: secret,
    PUBLIC_URL: 'https://app.example.com',
    BLNK_CLOUD_URL: blnk.url,
    STRIPE_API_BASE: stripe.url,
    STRIPE_SECRET_KEY: SANDBOX_STRIPE_KEY,
    STRIPE_KEY_INSTANCES: INSTANCE,
    STRIPE_READS_PER_SECOND: '100',
    // No schedule starts in the middle.
    SYNC_CRON: '0 0 1 1 *',
  };
  await world.worker(settings);
  let server: Program | undefined;
  const start = async () => {
    const env = { ...world.workerEnvironment, ...settings, PORT: String(port) };
    server = await world.program({ name: 'server', entry: 'server', env });
  };
  await start();
  await ask(blnk.url, 'PUT', 'app', {
    callback_url: `${serverUrl}/api/callback/${secret}`,
    portal_url: `${serverUrl}/api/portal/${secret}`,
  });
  const stop = async () => server?.stop();
  return { serverUrl, dashboardUrl: blnk.url, start, stop };
}

/** The trials of a round are over before the next one begins: how long they take is not the question. */
async function untilSettled({ db }: World): Promise<void> {
  const open = () => db.query('select 1 from intents where done_at is null limit 1');
  while ((await open()).length > 0) await new Promise((resolve) => setTimeout(resolve, 100));
}

/** @returns milliseconds of each, from the request to the end of the answer */
function installAtOnce(dashboardUrl: string, count: number): Promise<number[]> {
  return Promise.all(
    Array.from({ length: count }, () => install(dashboardUrl, `inst_${randomUUID()}`)),
  );
}

async function install(dashboardUrl: string, instanceId: string): Promise<number> {
  const answer = await ask(dashboardUrl, 'POST', 'installs', { instance_id: instanceId });
  return INSTALLED.parse(await answer.json()).call.ms;
}

async function ask(dashboardUrl: string, method: 'PUT' | 'POST', path: string, body: object) {
  return fetch(`${dashboardUrl}/sandbox/${path}`, { method, body: JSON.stringify(body) });
}
