/**
 * The Blnk Cloud app as a part of `npm start`: its server, and in the sandbox its install at the
 * stand-in's dashboard, made as a user would make it, so that the portal can be opened from there.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { keepAppSecrets, type AppSecrets } from '../state/app-secrets';
import { SANDBOX_APP_INSTANCE, SANDBOX_STRIPE_KEY } from '../state/sandbox-instance';
import type { StateFolder } from '../state/state-folder';
import { onKeptPort } from './kept';
import { startServer, type Infrastructure, type PartReporter } from './parts';
import type { Screen } from './screen';
import type { Session } from './session-input';

/** The key of an install is tried on its instance first, which takes a second or two. */
const IN_FORCE_MS = 20_000;
const LOOK_MS = 200;

const INSTALLED = z.looseObject({ installed_app_id: z.string() });

export interface SandboxApp {
  /** Address of the HTTP service. */
  readonly serverUrl: string;
  readonly secrets: AppSecrets;
}

export function sandboxSecrets(state: StateFolder): AppSecrets {
  return keepAppSecrets(state.file('app.json'));
}

/**
 * Starts the server, where there is an app. A run that ends after its first sync has no use for it.
 * @param settings what is not in the environment, in its form
 * @returns the app of the sandbox
 */
export async function startApp(
  { args, config, mode, screen, state, started }: Session,
  infrastructure: Infrastructure,
  settings: Record<string, string>,
  report: PartReporter,
): Promise<SandboxApp | undefined> {
  const inSandbox = mode === 'sandbox';
  if (args.once || (!inSandbox && !config.app)) return undefined;
  const wanted = config.listen.port;
  const start = (port: number, more: Record<string, string>) => {
    const all = { ...settings, ...more, PORT: String(port) };
    return startServer(state, infrastructure, all, report, started);
  };
  if (!inSandbox) {
    await onKeptPort(state, 'server', wanted, (port) => {
      if (port !== wanted) screen.trouble(`port ${wanted} is taken: the server takes ${port}`);
      return start(port, {});
    });
    return undefined;
  }
  const secrets = sandboxSecrets(state);
  const serverUrl = await onKeptPort(state, 'server', wanted, (port) =>
    start(port, {
      CALLBACK_SECRET: secrets.callbackSecret,
      LAUNCH_SECRET: secrets.launchSecret,
      PUBLIC_URL: `http://127.0.0.1:${port}`,
      LISTEN_HOST: '127.0.0.1',
    }),
  );
  return { serverUrl, secrets };
}

/** @returns an address that opens the portal by a fresh launch, each time */
export async function installSandboxApp(
  { serverUrl, secrets }: SandboxApp,
  blnkUrl: string,
  signal: AbortSignal,
): Promise<string> {
  const ask = (method: 'PUT' | 'POST', path: string, body: object) =>
    fetch(`${blnkUrl}/sandbox/${path}`, { method, body: JSON.stringify(body), signal });

  await must(
    ask('PUT', 'app', {
      callback_url: `${serverUrl}/api/callback/${secrets.callbackSecret}`,
      portal_url: `${serverUrl}/api/portal/${secrets.launchSecret}`,
    }),
  );
  // What an earlier run has installed is in force still, unless its database was deleted since.
  if (!(await ask('POST', 'launches', {})).ok) {
    const asked = ask('POST', 'installs', { instance_id: SANDBOX_APP_INSTANCE });
    const { installed_app_id } = INSTALLED.parse(await (await must(asked)).json());
    const deadline = Date.now() + IN_FORCE_MS;
    while (!(await ask('POST', 'launches', { installed_app_id })).ok) {
      if (Date.now() > deadline) throw new Error('the install did not come into force');
      await sleep(LOOK_MS, undefined, { signal });
    }
  }
  return `${blnkUrl}/sandbox/portal`;
}

async function must(asked: Promise<Response>): Promise<Response> {
  const response = await asked;
  if (!response.ok) throw new Error(`the dashboard of the sandbox answered ${response.status}`);
  return response;
}

export function showPortal(screen: Screen, link: string): void {
  screen.line(
    `The Blnk Cloud app, installed for ${SANDBOX_APP_INSTANCE}, as from Blnk's dashboard:`,
  );
  screen.line(`  ${link}`);
  screen.line(`  It asks for a Stripe key; the sandbox's is ${SANDBOX_STRIPE_KEY}`);
}
