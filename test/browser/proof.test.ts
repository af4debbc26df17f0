/** The proof in a real browser, in each of its states. */
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { startBrowser } from '../support/processes/chromium';
import { keepProofs, keepSuspense, PROOFS } from '../support/worlds/proven-instance';
import type { Installed } from '../support/worlds/cloud-world';
import { cutOff, LOOKS, openContext, overflow, picture, seriousFaults, type Look } from './looks';
import { startPortalWorld, type PortalWorld } from './world';

let world: PortalWorld;
let browser: Browser;
beforeAll(async () => {
  [browser, world] = await Promise.all([startBrowser(), startPortalWorld('default')]);
});
afterAll(async () => {
  await browser.close();
  await world.close();
});

const contexts: BrowserContext[] = [];
afterEach(async () => {
  for (const context of contexts.splice(0)) await context.close();
});

async function open(installed: Installed, look: Look) {
  const context = await openContext(browser, look);
  contexts.push(context);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(await world.launch(installed));
  return { page, home: `${world.url}/portal/${installed.instance_id}`, complaints };
}

async function lookAt(page: Page, url: string, title: string, tables = '.scroll') {
  await page.goto(url);
  await picture(page, title);
  expect({ title, faults: await seriousFaults(page) }).toEqual({ title, faults: [] });
  expect({ title, overflow: await overflow(page) }).toEqual({ title, overflow: 0 });
  const cut = await cutOff(page, tables);
  expect({ title, cut }).toEqual({ title, cut: [] });
}

const now = () => Math.floor(Date.now() / 1000);

/** One instance with a proof of each state, the newest last. */
let proven: Promise<Installed> | undefined;
const theProven = () => (proven ??= world.synced());

const STATES = Object.keys(PROOFS) as (keyof typeof PROOFS)[];

describe.each(Object.keys(LOOKS) as Look[])('%s', (look) => {
  const states = look.endsWith('dark') ? STATES.slice(0, 3) : STATES;
  it.each(states)('a proof that is %s', async (state) => {
    const installed = await theProven();
    const id = installed.instance_id;
    const older = Array.from({ length: 8 }, (_, n) => PROOFS.proven(now() - (9 - n) * 900));
    await keepProofs(world.db, id, [...older, PROOFS[state](now())]);
    await world.db.query('delete from movements where instance_id = $1 and leg is not null', [id]);
    if (state === 'explained')
      await keepSuspense(world.db, id, [
        ['usd', 7n],
        ['gbp', -300n],
      ]);
    const { page, home, complaints } = await open(installed, look);
    await lookAt(page, home, `proof-${state}-overview-${look}`, '.proof .scroll');
    await page.getByRole('link', { name: 'The proof, line by line' }).click();
    await page.getByRole('heading', { name: 'USD' }).waitFor();
    await lookAt(page, `${home}/proof`, `proof-${state}-${look}`);
    expect(complaints).toEqual([]);
  });

  it('an instance of which only pay-ins are booked', async () => {
    const { page, home, complaints } = await open(await world.synced(), look);
    await lookAt(page, home, `proof-off-overview-${look}`, '.proof .scroll');
    await page.getByRole('link', { name: 'What that takes' }).click();
    await page.getByRole('heading', { name: 'Only pay-ins are booked' }).waitFor();
    await lookAt(page, `${home}/proof`, `proof-off-${look}`);
    expect(complaints).toEqual([]);
  });
});

it('proofs are gone through page by page, and each can be opened', async () => {
  const installed = await world.synced();
  const start = now() - 40 * 900;
  const all = Array.from({ length: 35 }, (_, n) => PROOFS.proven(start + n * 900));
  await keepProofs(world.db, installed.instance_id, all);
  const { page, home } = await open(installed, 'light');
  await page.goto(`${home}/proof`);
  expect(await page.locator('tbody a').count()).toBe(30);
  await page.getByRole('link', { name: 'Further in the list' }).click();
  expect(await page.locator('tbody a').count()).toBe(5);
  await page.locator('tbody a').last().click();
  await page.getByRole('heading', { name: /^Proof \d+$/ }).waitFor();
  await page.getByRole('link', { name: 'The newest proof' }).click();
  await page.getByRole('heading', { name: 'All proofs' }).waitFor();
});
