/**
 * A real browser, from the system's packages: found by CHROMIUM_PATH or on PATH, and never fetched. A
 * machine without one fails the tests and is told what to install.
 */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium, type Browser } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

const INSTALL =
  'No Chromium was found. Install it (Debian and Ubuntu: apt-get install chromium; macOS: brew install ' +
  '--cask chromium), or set CHROMIUM_PATH to the executable of a Chromium or Chrome.';

export function findChromium(environment: NodeJS.ProcessEnv = process.env): string {
  const given = environment['CHROMIUM_PATH'];
  const folders = (environment['PATH'] ?? '').split(delimiter);
  const places = NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  const found = (given === undefined ? places : [given]).find(isExecutable);
  if (found === undefined) throw new Error(INSTALL);
  return found;
}

export function startBrowser(): Promise<Browser> {
  // Root has no sandbox to run in, as in CI; the pages are our own.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return chromium.launch({ executablePath: findChromium(), args });
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
