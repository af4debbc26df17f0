/** How the pages are looked at: light, dark, narrow; with axe-core, and a picture of each for a person. */
import { mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Result } from 'axe-core';
import type { Browser, BrowserContext, Page } from 'playwright-core';

export const LOOKS = {
  light: { colorScheme: 'light', viewport: { width: 1280, height: 900 } },
  dark: { colorScheme: 'dark', viewport: { width: 1280, height: 900 } },
  narrow: { colorScheme: 'light', viewport: { width: 375, height: 812 } },
  'narrow-dark': { colorScheme: 'dark', viewport: { width: 375, height: 812 } },
} as const;

export type Look = keyof typeof LOOKS;

/** BROWSER_SHOTS, or a new folder below the system's own; printed, so that a person finds it. */
const FOLDER = (() => {
  const given = process.env['BROWSER_SHOTS'];
  if (given === undefined) return mkdtempSync(join(tmpdir(), 'portal-shots-'));
  mkdirSync(given, { recursive: true });
  return given;
})();
process.stdout.write(`Pictures of the portal: ${FOLDER}\n`);

/** Waits end with their test, not before. */
const WAIT_MS = 150_000;

export async function openContext(
  browser: Browser,
  look: Look,
  scripts = true,
): Promise<BrowserContext> {
  const options = { ...LOOKS[look], javaScriptEnabled: scripts, deviceScaleFactor: 1.5 };
  const context = await browser.newContext(options);
  context.setDefaultTimeout(WAIT_MS);
  return context;
}

export async function picture(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(FOLDER, `${name}.png`), fullPage: true });
}

/** Rules that a page breaks in earnest, each with where. A page's policy forbids added scripts, so axe-core is evaluated. */
export async function seriousFaults(page: Page): Promise<string[]> {
  await page.evaluate(readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8'));
  const violations = await page.evaluate<Result[]>('axe.run().then((result) => result.violations)');
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(' ')}`));
}

/** Pixels by which a page is wider than the window. */
export async function overflow(page: Page): Promise<number> {
  const width = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
  return page.evaluate<number>(width);
}

/** What is in tables that are wider than what is seen of them: nobody scrolls for an amount. */
export async function cutOff(page: Page, tables: string): Promise<string[]> {
  const isCut = '({ scrollWidth, clientWidth }) => scrollWidth > clientWidth';
  return page.evaluate<string[]>(
    `[...document.querySelectorAll('${tables}')].filter(${isCut}).map((one) => one.textContent.trim())`,
  );
}
