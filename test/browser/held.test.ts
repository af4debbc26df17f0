/** An install that is held, as its owner sees it and decides. */
import type { Browser } from 'playwright-core';
import { startBrowser } from '../support/processes/chromium';
import { forgedInstall, statusOf, take } from '../support/worlds/forger';
import { LOOKS, openContext, overflow, picture, seriousFaults, type Look } from './looks';
import { startPortalWorld, type PortalWorld } from './world';

let world: PortalWorld;
let browser: Browser;
beforeAll(async () => {
  [browser, world] = await Promise.all([startBrowser(), startPortalWorld('empty')]);
  world.blnk.keys.foreign = 'filter';
});
afterAll(async () => {
  await browser.close();
  await world.close();
});

test.each(Object.keys(LOOKS) as Look[])(
  '%s: it is shown first, and refused by a click',
  async (look) => {
    const real = await world.connected();
    await world.blnk.openLedgerOf(real.instance_id);
    const rival = await forgedInstall(world, real.instance_id);
    await take(world, rival);
    const context = await openContext(browser, look);
    const page = await context.newPage();
    await page.goto(await world.launch(real));
    await page.getByRole('heading', { name: 'An install waits for your decision' }).waitFor();
    await page.getByText('Approve', { exact: true }).click();
    await page.getByRole('button', { name: 'Put it in force' }).waitFor();
    await picture(page, `held-${look}`);
    expect(await seriousFaults(page)).toEqual([]);
    expect(await overflow(page)).toBe(0);
    await page.getByRole('button', { name: 'Refuse' }).click();
    await page.getByText('The install was refused').waitFor();
    expect(await statusOf(world, rival)).toBe('refused INSTALL_HELD');
    await context.close();
  },
);
