/**
 * What a person does in Blnk's dashboard, over HTTP: register the app, install and uninstall it, open
 * it, take permissions away.
 */
import { z } from 'zod';
import { jsonBody } from '../json';
import type { Handler, Reply } from '../exchange';
import { isTaken } from './app-calls';
import type { Apps, Called } from './apps';
import { CLOUD_PERMISSIONS, SANDBOX_BLNK_INSTANCE } from './keys';

const url = z.url({ protocol: /^https?$/ });
const permissions = z.array(z.enum(CLOUD_PERMISSIONS));
const id = z.string().regex(/^[A-Za-z0-9_-]{1,100}$/);

const registration = z.strictObject({
  app_id: id.default('app_sandbox'),
  callback_url: url,
  portal_url: url,
});
const installing = z.strictObject({
  instance_id: id.default(SANDBOX_BLNK_INSTANCE),
  granted_permissions: permissions.default(['data:read', 'data:write', 'alerts:write']),
});
const ofInstall = z.strictObject({ installed_app_id: id });
const restriction = z.strictObject({ installed_app_id: id, granted_permissions: permissions });

export function dashboardControl(apps: Apps): Record<string, Handler> {
  /** A missing id stands for the install that was made last and still stands. */
  const newest = () => apps.list().findLast(({ status }) => status === 'installed');

  async function launch(installedAppId: string | undefined): Promise<string | Reply> {
    const launched = installedAppId === undefined ? undefined : await apps.launch(installedAppId);
    if (launched === undefined) return unknown();
    const { portalUrl, status, ms } = launched;
    if (portalUrl !== null) return portalUrl;
    return { status: 502, json: { error: 'The app gave no portal_url.', call: { status, ms } } };
  }

  return {
    'PUT /sandbox/app': async (request) => {
      const parsed = jsonBody(request, registration);
      if (!parsed.ok) return parsed.reply;
      await apps.register(parsed.value);
      return { status: 200, json: { app_id: parsed.value.app_id } };
    },
    'GET /sandbox/installs': () => ({ status: 200, json: { installs: apps.list() } }),
    'POST /sandbox/installs': async (request) => {
      const parsed = jsonBody(request, installing);
      if (!parsed.ok) return parsed.reply;
      const { instance_id, granted_permissions } = parsed.value;
      return told(await apps.install(instance_id, granted_permissions), 201);
    },
    'POST /sandbox/uninstalls': async (request) => {
      const parsed = jsonBody(request, ofInstall);
      if (!parsed.ok) return parsed.reply;
      const called = await apps.uninstall(parsed.value.installed_app_id);
      return called === undefined ? unknown() : told(called, 200);
    },
    'POST /sandbox/launches': async (request) => {
      const parsed = jsonBody(request, ofInstall.partial());
      if (!parsed.ok) return parsed.reply;
      const answer = await launch(parsed.value.installed_app_id ?? newest()?.installed_app_id);
      return typeof answer === 'string' ? { status: 200, json: { portal_url: answer } } : answer;
    },
    // For a browser: each visit is a launch, as a click in the dashboard is.
    'GET /sandbox/portal': async ({ query }) => {
      const asked = query.get('installed_app_id') ?? newest()?.installed_app_id;
      const answer = await launch(asked);
      if (typeof answer !== 'string') return answer;
      return { status: 303, headers: { Location: answer, 'Cache-Control': 'no-store' } };
    },
    'POST /sandbox/permissions': async (request) => {
      const parsed = jsonBody(request, restriction);
      if (!parsed.ok) return parsed.reply;
      const { installed_app_id, granted_permissions } = parsed.value;
      const install = await apps.restrict(installed_app_id, granted_permissions);
      return install === undefined ? unknown() : { status: 200, json: install };
    },
  };
}

function told({ install, call: { status, ms, json } }: Called, taken: number): Reply {
  const ok = isTaken({ status, ms, json });
  return { status: ok ? taken : 502, json: { ...install, call: { status, ms } } };
}

function unknown(): Reply {
  return { status: 404, json: { error: 'There is no such install, or it has ended.' } };
}
