/** POST /api/callback/<secret>: Blnk says that the app was installed or uninstalled. */
import type { FastifyPluginCallback } from 'fastify';
import { z } from 'zod';
import { isPermission } from '../domain/permissions';
import { parseBody } from '../http/body';
import { requireSecret } from '../http/secret-path';
import type { StoreDeps } from '../instances/deps';
import { installReceiver, receiveUninstall } from '../instances/receive';
import { Secret } from '../secret';
import { INSTALL_IDS } from './install-ids';

export interface CallbackOptions {
  readonly secret: Secret;
  readonly store: StoreDeps;
}

const printable = (longest: number) =>
  z.string().regex(new RegExp(`^[\\x21-\\x7e]{1,${longest}}$`));
/** There is no field that says which event it is: the prefix of the key does. */
const keyOf = (kind: string) => printable(200).startsWith(`${kind}:`);

const install = z.object({
  ...INSTALL_IDS,
  idempotency_key: keyOf('install'),
  api_key: printable(500),
  api_key_prefix: printable(100),
  // Rights that we do not know are none that we use.
  granted_permissions: z.array(z.string().max(100)).max(100),
});

const uninstall = z.object({
  ...INSTALL_IDS,
  idempotency_key: keyOf('uninstall'),
  uninstalled_at: z.string().max(100).optional(),
});

const event = z.union([install, uninstall]);

export function callbackRoute({ secret, store }: CallbackOptions): FastifyPluginCallback {
  const receiveInstall = installReceiver(store);
  return (app, _options, done) => {
    app.post('/api/callback/:secret', { onRequest: requireSecret(secret) }, async ({ body }) => {
      const parsed = parseBody(event, body);
      const received = {
        installId: parsed.installed_app_id,
        appId: parsed.app_id,
        instanceId: parsed.instance_id,
        idempotencyKey: parsed.idempotency_key,
      };
      const result =
        'api_key' in parsed
          ? await receiveInstall({
              ...received,
              apiKey: new Secret(parsed.api_key),
              apiKeyPrefix: parsed.api_key_prefix,
              permissions: parsed.granted_permissions.filter(isPermission),
            })
          : await receiveUninstall(store, received);
      return { received: result };
    });
    done();
  };
}
