/** The portal in a real browser: how it looks, and that it works by keyboard, without scripts and in a frame. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { SANDBOX_STRIPE_KEY } from '../../sandbox/stripe/keys';
import { startBrowser } from '../support/processes/chromium';
import { LIVE_KEY, type Installed } from '../support/worlds/cloud-world';
import { LOOKS, openContext, overflow, picture, seriousFaults, type Look } from './looks';
import { startPortalWorld, type PortalWorld } from './world';

let world: PortalWorld;
let troubled: PortalWorld;
let browser: Browser;
beforeAll(async () => {
  browser = await startBrowser();
  [world, troubled] = await Promise.all([
    startPortalWorld('default'),
    startPortalWorld('problems'),
  ]);
});
afterAll(async () => {
  await browser.close();
  await Promise.all([world.close(), troubled.close()]);
});

const contexts: BrowserContext[] = [];
afterEach(async () => {
  for (const context of contexts.splice(0)) await context.close();
});

/** What the browser itself finds wrong, as a breach of the page's own policy. */
async function open(
  place: PortalWorld,
  installed: Installed,
  { look = 'light', scripts = true }: { readonly look?: Look; readonly scripts?: boolean } = {},
) {
  const context = await openContext(browser, look, scripts);
  contexts.push(context);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(await place.launch(installed));
  const home = `${place.url}/portal/${installed.instance_id}`;
  return { page, home, complaints, context };
}

const PAGES = ['', '/runs', '/quarantine', '/stripe', '/schedule', '/permissions'];

async function lookAt(page: Page, home: string, look: Look, name: string, paths = PAGES) {
  for (const path of paths) {
    await page.goto(home + path);
    const title = `${name}${path.replaceAll('/', '-') || '-overview'}`;
    await picture(page, `${title}-${look}`);
    expect({ title, faults: await seriousFaults(page) }).toEqual({ title, faults: [] });
    expect({ title, overflow: await overflow(page) }).toEqual({ title, overflow: 0 });
  }
}

describe.each(Object.keys(LOOKS) as Look[])('%s', (look) => {
  it('the pages of an instance that is up to date', async () => {
    const { page, home, complaints } = await open(world, await world.synced(), { look });
    await page.getByRole('heading', { name: 'Up to date' }).waitFor();
    await lookAt(page, home, look, 'synced');
    await page.getByRole('link', { name: 'Runs', exact: true }).click();
    await page.locator('tbody a').first().click();
    await page.getByRole('heading', { name: 'Money' }).waitFor();
    await lookAt(page, page.url(), look, 'run', ['']);
    expect(complaints).toEqual([]);
  });

  it('the pages of an instance with pay-ins that are set aside', async () => {
    const { page, home, complaints } = await open(troubled, await troubled.synced(), { look });
    await page.getByRole('heading', { name: /pay-ins? set aside/ }).waitFor();
    await lookAt(page, home, look, 'troubled', ['', '/quarantine']);
    expect(complaints).toEqual([]);
  });

  it('the pages of a new install, and of one without its rights', async () => {
    const fresh = await open(world, await world.installed(), { look });
    await lookAt(fresh.page, fresh.home, look, 'new');
    const poor = await open(world, await world.installed({ rights: ['data:read'] }), { look });
    await lookAt(poor.page, poor.home, look, 'poor', ['', '/permissions']);
    expect([...fresh.complaints, ...poor.complaints]).toEqual([]);
  });

  it('the pages of faults', async () => {
    const { page, context } = await open(world, await world.installed(), { look });
    const unknown = await page.goto(`${world.url}/portal/open/nobody`);
    expect(unknown?.status()).toBe(401);
    await picture(page, `fault-unknown-${look}`);
    expect(await seriousFaults(page)).toEqual([]);
    const url = await world.launch(await world.installed());
    await fetch(url, { redirect: 'manual' });
    const used = await context.newPage();
    expect((await used.goto(url))?.status()).toBe(410);
    await picture(used, `fault-expired-${look}`);
    expect(await seriousFaults(used)).toEqual([]);
  });
});

async function giveKey(page: Page, home: string, key: string): Promise<void> {
  await page.goto(`${home}/stripe`);
  const field = page.getByLabel('Restricted key');
  if (!(await field.isVisible())) await page.getByText('Use another key').click();
  await field.fill(key);
  await page.getByRole('button', { name: 'Check this key' }).click();
  await page.waitForURL(/\/stripe/);
}

it.each([true, false])('Stripe is connected and synced, with scripts: %s', async (scripts) => {
  const installed = await world.installed();
  const { page, home, complaints } = await open(world, installed, { scripts });
  await giveKey(page, home, 'no key at all');
  await page.getByRole('alert').getByText('This is no Stripe key').waitFor();
  if (scripts) await picture(page, 'stripe-malformed-light');
  await giveKey(page, home, SANDBOX_STRIPE_KEY);
  await page.getByRole('heading', { name: 'This is what the key opens' }).waitFor();
  if (scripts) await picture(page, 'stripe-confirm-light');
  await page.getByRole('button', { name: /^Connect / }).click();
  await page.getByText('Connected. The schedule').waitFor();
  await world.reconcile(installed.instance_id);
  // Slow enough to be seen while it runs.
  world.blnk.faults.add({ path: '/proxy/transactions', fault: { kind: 'delay', ms: 40 } });
  await page.getByRole('button', { name: 'Sync now' }).click();
  await page.getByRole('heading', { name: /A sync is (running|starting)/ }).waitFor();
  if (scripts) {
    await page.getByRole('heading', { name: 'A sync is running' }).waitFor();
    await sleep(2_500);
    await picture(page, 'syncing-light');
  }
  world.blnk.faults.clear();
  // Nobody touches the page: it renews itself, by its script or by loading again.
  await page.getByRole('heading', { name: 'Up to date' }).waitFor();
  expect(await page.getByText('A sync is running').count()).toBe(0);
  expect(complaints).toEqual([]);
});

it('a change of mode is shown for what it is', async () => {
  const { page, home } = await open(world, await world.synced());
  await giveKey(page, home, LIVE_KEY);
  await page.getByText('It is another mode').waitFor();
  await picture(page, 'stripe-change-light');
  expect(await seriousFaults(page)).toEqual([]);
});

it('everything can be reached and done by keyboard', async () => {
  const installed = await world.connected();
  const { page, home } = await open(world, installed);
  await page.keyboard.press('Tab');
  expect(await page.evaluate<string>('document.activeElement.textContent')).toBe(
    'Skip to the content',
  );
  await page.keyboard.press('Enter');
  expect(await page.evaluate<string>('document.activeElement.id')).toBe('main');
  await page.goto(`${home}/schedule`);
  for (let steps = 0; steps < 40; steps += 1) {
    await page.keyboard.press('Tab');
    if (await page.evaluate<boolean>(`document.activeElement.name === 'pace'`)) break;
  }
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Tab');
  await picture(page, 'focus-light');
  await page.keyboard.press('Enter');
  await page.getByText('Saved.').waitFor();
  await world.reconcile(installed.instance_id);
  await page.getByRole('button', { name: 'Pause' }).press('Enter');
  await page.getByRole('heading', { name: 'Paused' }).waitFor();
  await picture(page, 'paused-light');
  await page.getByRole('button', { name: 'Resume' }).press('Enter');
  await page.getByRole('heading', { name: 'Running' }).waitFor();
});

it('a session that ends says so on the page that is open', async () => {
  const installed = await world.connected();
  const { page, home } = await open(world, installed);
  await world.db.query(
    `update portal_sessions set expires_at = now() + interval '8 seconds',
       launched_at = now() + interval '8 seconds' - interval '2 hours' where instance_id = $1`,
    [installed.instance_id],
  );
  await page.goto(home);
  await page.getByRole('alert').getByText('This session has ended').waitFor();
  expect((await page.goto(home))?.status()).toBe(410);
});

describe('in a frame', () => {
  let dashboard: Server;
  let framed = '';
  beforeAll(async () => {
    dashboard = createServer((_request, response) => {
      response.setHeader('content-type', 'text/html');
      response.end(`<!doctype html><iframe src="${framed}" width="900" height="700"></iframe>`);
    });
    await new Promise<void>((resolve) => dashboard.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => dashboard.close());

  it('of somebody else nothing is shown', async () => {
    framed = await world.launch(await world.installed());
    const context = await openContext(browser, 'light');
    contexts.push(context);
    const page = await context.newPage();
    const { port } = dashboard.address() as AddressInfo;
    const refusals: string[] = [];
    page.on('console', (message) => refusals.push(message.text()));
    await page.goto(`http://127.0.0.1:${port}/`);
    while (refusals.length === 0) await sleep(20);
    expect(refusals.join()).toContain('frame-ancestors');
  });
});
