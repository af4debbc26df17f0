/** Who knows the callback's address and has a Blnk account of his own, before a Blnk that filters foreign keys. */
import { findInstall } from '../../../src/store/installs';
import { newInstanceId, type CloudWorld, type Installed } from './cloud-world';

/** What he sends: his key is of an instance of his own, and works for every other one. */
export async function forgedInstall(
  world: CloudWorld,
  target: string,
): Promise<Installed & { readonly home: string }> {
  const home = newInstanceId();
  await world.blnk.openLedgerOf(home);
  const installed = world.install(target, { keyWorks: false });
  const permissions = ['data:read', 'data:write', 'alerts:write'] as const;
  world.blnk.keys.cloud.set(installed.api_key, { instanceId: home, permissions });
  return { ...installed, home };
}

/** Sends the call of an install; nothing is tried yet. */
export async function send(
  world: CloudWorld,
  installed: Installed,
  headers: Readonly<Record<string, string>> = {},
): Promise<void> {
  const { installed_app_id, app_id, instance_id, api_key, api_key_prefix } = installed;
  const { granted_permissions, idempotency_key } = installed;
  const response = await fetch(`${world.url}/api/callback/${world.secret}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({
      ...{ installed_app_id, app_id, instance_id, api_key, api_key_prefix },
      ...{ granted_permissions, idempotency_key },
    }),
  });
  if (response.status !== 200) throw new Error(`the call was answered with ${response.status}`);
}

/** Sends the call, and tries the key. */
export async function take(
  world: CloudWorld,
  installed: Installed,
  headers?: Readonly<Record<string, string>>,
): Promise<void> {
  await send(world, installed, headers);
  await world.reconcile(installed.instance_id);
}

/** Where an install stands, and why. */
export async function statusOf(
  world: CloudWorld,
  { installed_app_id }: Pick<Installed, 'installed_app_id'>,
): Promise<string> {
  const install = await findInstall(world.db, installed_app_id);
  if (!install) return 'unknown';
  const { status, problem } = install;
  return problem === null ? status : `${status} ${problem}`;
}
