/**
 * The app that is registered with Blnk Cloud, and its installs: each has a key of its own for one
 * instance and the permissions that were granted, and the app is called about what happens to it.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Journal } from '../journal';
import { callApp, isTaken, type CallOutcome } from './app-calls';
import type { BlnkKeys, CloudPermission } from './keys';
import type { Ledgers } from './ledgers';

export interface App {
  readonly app_id: string;
  /** The two addresses of the registration form. */
  readonly callback_url: string;
  readonly portal_url: string;
}

export interface Install {
  readonly installed_app_id: string;
  readonly app_id: string;
  readonly instance_id: string;
  readonly api_key_prefix: string;
  readonly granted_permissions: readonly CloudPermission[];
  /** cancelled: the app did not answer with 2xx in time. */
  readonly status: 'installing' | 'installed' | 'cancelled' | 'uninstalled';
}

/** With the key, which only the app gets to see. */
type StoredInstall = Install & { readonly api_key: string };

export interface Called {
  readonly install: Install;
  readonly call: CallOutcome;
}

export interface Apps {
  register(app: App): Promise<void>;
  /** Oldest first. */
  list(): Install[];
  find(installedAppId: string): Install | undefined;
  /** @throws Error when no app is registered */
  install(instanceId: string, permissions: readonly CloudPermission[]): Promise<Called>;
  /** undefined: there is no such install, or not any more. */
  uninstall(installedAppId: string): Promise<Called | undefined>;
  /** The address that the dashboard would show in its frame; null: the app gave none. */
  launch(
    installedAppId: string,
  ): Promise<(CallOutcome & { readonly portalUrl: string | null }) | undefined>;
  /** Takes permissions away, or gives them back: the key has them from now on. Nobody is called. */
  restrict(
    installedAppId: string,
    permissions: readonly CloudPermission[],
  ): Promise<Install | undefined>;
  close(): Promise<void>;
}

type Change =
  | { readonly type: 'app'; readonly app: App }
  | { readonly type: 'install'; readonly install: StoredInstall };

export interface AppsOptions {
  readonly journal: Journal;
  readonly keys: BlnkKeys;
  readonly ledgers: Ledgers;
  /** Milliseconds for an answer of the app. */
  readonly callLimitMs: number;
}

export async function openApps(options: AppsOptions): Promise<Apps> {
  const { journal, keys, ledgers, callLimitMs } = options;
  const installs = new Map<string, StoredInstall>();
  let app: App | null = null;

  // Only this file writes the journal, so its lines have these shapes.
  for (const change of journal.changes as Change[]) {
    if (change.type === 'app') app = change.app;
    else installs.set(change.install.installed_app_id, change.install);
  }
  for (const found of installs.values()) {
    // A stop in the middle of an install: whatever the app has answered, nobody has heard it.
    const isHalf = found.status === 'installing';
    const install: StoredInstall = isHalf ? { ...found, status: 'cancelled' } : found;
    installs.set(install.installed_app_id, install);
    await ledgers.open(install.instance_id);
    allow(install);
  }

  function allow({ status, api_key: key, instance_id: instanceId, ...install }: StoredInstall) {
    const works = status === 'installing' || status === 'installed';
    if (works) keys.cloud.set(key, { instanceId, permissions: install.granted_permissions });
    else keys.cloud.delete(key);
  }

  async function save(install: StoredInstall): Promise<Install> {
    installs.set(install.installed_app_id, install);
    allow(install);
    await journal.append({ type: 'install', install });
    return shown(install);
  }

  const standing = (installedAppId: string) => {
    const install = installs.get(installedAppId);
    return install?.status === 'installed' ? install : undefined;
  };
  const registered = () => {
    if (app === null) throw new Error('No app is registered.');
    return app;
  };
  const call = (url: string, body: object) => callApp(url, body, callLimitMs);

  return {
    register: (given) => {
      app = given;
      return journal.append({ type: 'app', app });
    },
    list: () => [...installs.values()].map(shown),
    find: (installedAppId) => {
      const install = installs.get(installedAppId);
      return install && shown(install);
    },
    install: async (instanceId, permissions) => {
      const { app_id, callback_url } = registered();
      await ledgers.open(instanceId);
      const apiKey = `blnk_${randomBytes(24).toString('base64url')}`;
      const asked: StoredInstall = {
        installed_app_id: `instapp_${randomUUID()}`,
        app_id,
        instance_id: instanceId,
        api_key: apiKey,
        api_key_prefix: apiKey.slice(0, 8),
        granted_permissions: permissions,
        status: 'installing',
      };
      await save(asked);
      const { installed_app_id, api_key, api_key_prefix, granted_permissions } = asked;
      const outcome = await call(callback_url, {
        ...{ installed_app_id, app_id, instance_id: instanceId },
        ...{ api_key, api_key_prefix, granted_permissions },
        idempotency_key: `install:${installed_app_id}`,
      });
      const status = isTaken(outcome) ? 'installed' : 'cancelled';
      return { install: await save({ ...asked, status }), call: outcome };
    },
    uninstall: async (installedAppId) => {
      const install = standing(installedAppId);
      if (install === undefined) return undefined;
      const { app_id, instance_id } = install;
      const outcome = await call(registered().callback_url, {
        ...{ installed_app_id: installedAppId, app_id, instance_id },
        uninstalled_at: new Date().toISOString(),
        idempotency_key: `uninstall:${installedAppId}`,
      });
      if (!isTaken(outcome)) return { install: shown(install), call: outcome };
      return { install: await save({ ...install, status: 'uninstalled' }), call: outcome };
    },
    launch: async (installedAppId) => {
      const install = standing(installedAppId);
      if (install === undefined) return undefined;
      const { installed_app_id, app_id, instance_id } = install;
      const ids = { installed_app_id, app_id, instance_id };
      const outcome = await call(registered().portal_url, ids);
      const answer = launched.safeParse(outcome.json);
      return { ...outcome, portalUrl: answer.success ? answer.data.portal_url : null };
    },
    restrict: async (installedAppId, permissions) => {
      const install = standing(installedAppId);
      return install && save({ ...install, granted_permissions: permissions });
    },
    close: () => journal.close(),
  };
}

const launched = z.object({ portal_url: z.url({ protocol: /^https?$/ }) });

function shown(install: StoredInstall): Install {
  const { installed_app_id, app_id, instance_id, api_key_prefix } = install;
  const { granted_permissions, status } = install;
  return { installed_app_id, app_id, instance_id, api_key_prefix, granted_permissions, status };
}
