/** `cloud manifest`: what to enter in Blnk's form to register this deployment as an app. */
import type { Command } from 'commander';
import { environmentOfProcess } from '../config';
import { SyncError } from '../domain/errors';
import { EXIT } from '../exit';
import type { Secret } from '../secret';
import type { CommonOptions, Context } from './context';
import { fields, table } from './output';
import { group, verb, type Run } from './verb';

export function addCloud(program: Command, run: Run): void {
  const cloud = group(program, 'cloud', 'The app in Blnk Cloud');
  verb(cloud, 'manifest', "Print what to enter in Blnk's form for apps", 'cloud manifest').action(
    (options: CommonOptions) => run(options, manifest),
  );
}

/** Only what is used, so that an owner who reads closely can grant all of it. */
const PERMISSIONS = [
  [
    'data:read',
    'looks up whether a posting is in the ledger already, compares it, and reads balances for the proof',
  ],
  [
    'data:write',
    'posts payments and all else that moves the Stripe balance; without it nothing is synced',
  ],
  ['alerts:write', 'raises one alert for each problem, and updates it when it is over'],
] as const;

/** What Blnk calls the two URLs for. */
const EVENTS = [
  ['install', 'callback', 'the key is tried on its instance, then the owner connects Stripe'],
  ['uninstall', 'callback', 'syncs stop, the key is erased, what was synced is kept'],
  ['launch', 'portal', 'a page for this one install, for some minutes'],
] as const;

const TEXTS = {
  displayName: 'Stripe Sync',
  description:
    'Carries everything that moves your Stripe balance into this ledger, once and to the smallest unit, and proves it after every run.',
};

/** @throws SyncError SETTINGS_INVALID without CALLBACK_SECRET or PUBLIC_URL */
async function manifest({ output, place }: Context): Promise<number> {
  const { app } = place.config;
  if (!app) throw new SyncError('SETTINGS_INVALID', missingSettings());
  const base = app.publicUrl.href.replace(/\/+$/, '');
  const urlOf = (route: string, [secret]: readonly Secret[]) =>
    `${base}/api/${route}/${secret?.reveal() ?? ''}`;
  const shown = {
    ...TEXTS,
    callbackUrl: urlOf('callback', app.callbackSecrets),
    portalUrl: urlOf('portal', app.launchSecrets),
    permissions: PERMISSIONS.map(([permission, why]) => ({ permission, why })),
    events: EVENTS.map(([event, url, what]) => ({ event, url, what })),
  };
  output.notice(
    'The URLs below hold CALLBACK_SECRET and LAUNCH_SECRET, and nothing else ever shows it: who has them may speak as Blnk. Enter them in the form only.',
  );
  if (app.publicUrl.protocol === 'http:') {
    output.notice(
      'PUBLIC_URL is of this machine: Blnk cannot reach it. It is good for a try only.',
    );
  }
  output.data(shown, asText(shown));
  return Promise.resolve(EXIT.done);
}

function missingSettings(): Record<string, string> {
  const environment = environmentOfProcess();
  const missing = ['CALLBACK_SECRET', 'PUBLIC_URL'].filter(
    (name) => (environment[name] ?? '').trim() === '',
  );
  return Object.fromEntries(missing.map((name) => [name, 'is missing (needed by the app)']));
}

function asText(shown: typeof TEXTS & { callbackUrl: string; portalUrl: string }): string {
  return [
    fields([
      ['Display name', shown.displayName],
      ['Description', shown.description],
      ['Logo URL', 'your own, public'],
      ['Developer name', 'your own'],
      ['Registration callback URL', shown.callbackUrl],
      ['Portal generator URL', shown.portalUrl],
    ]),
    '',
    table(['permission', 'what for'], PERMISSIONS),
    '',
    table(['event', 'URL', 'what follows'], EVENTS),
  ].join('\n');
}
