/** POST /api/callback/<secret>: Blnk says that the app was installed or uninstalled. */
import type { FastifyPluginCallback } from 'fastify';
import { z } from 'zod';
import { SyncError } from '../../domain/errors';
import { isPermission } from '../../domain/permissions';
import { parseBody } from '../body';
import { clientOf } from '../client-address';
import { requireSecret } from '../secret-path';
import type { StoreDeps } from '../../instances/deps';
import type { Logger } from '../../logger';
import { installReceiver, receiveUninstall, type Received } from '../../instances/receive';
import { Secret } from '../../secret';
import { INSTALL_IDS } from './install-ids';

export interface CallbackOptions {
  /** The one that Blnk is given, and an old one while it is being changed. */
  readonly secrets: readonly Secret[];
  readonly store: StoreDeps;
  readonly log: Logger;
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

export function callbackRoute({ secrets, store, log }: CallbackOptions): FastifyPluginCallback {
  const receiveInstall = installReceiver(store);
  const take = (parsed: z.infer<typeof event>, client: string): Promise<Received> => {
    const ids = {
      installId: parsed.installed_app_id,
      appId: parsed.app_id,
      instanceId: parsed.instance_id,
      idempotencyKey: parsed.idempotency_key,
    };
    if (!('api_key' in parsed)) return receiveUninstall(store, ids);
    return receiveInstall({
      ...ids,
      client,
      apiKey: new Secret(parsed.api_key),
      apiKeyPrefix: parsed.api_key_prefix,
      permissions: parsed.granted_permissions.filter(isPermission),
    });
  };
  return (app, _options, done) => {
    const onRequest = requireSecret(secrets);
    app.post('/api/callback/:secret', { onRequest }, async (request) => {
      const { body } = request;
      const client = clientOf(request);
      const parsed = parseBody(event, body);
      const { installed_app_id: installId, instance_id: instanceId } = parsed;
      const kind = 'api_key' in parsed ? 'install' : 'uninstall';
      const facts = { client, kind, installId, instanceId };
      try {
        const received = await take(parsed, client);
        log.info({ ...facts, received }, 'callback.taken');
        return { received };
      } catch (error) {
        if (error instanceof SyncError)
          log.warn({ ...facts, code: error.code }, 'callback.refused');
        throw error;
      }
    });
    done();
  };
}
