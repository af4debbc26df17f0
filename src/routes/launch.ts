/** POST /api/portal/<secret>: somebody opens the app in Blnk's dashboard, which shows the URL that we give. */
import type { FastifyPluginCallback } from 'fastify';
import { z } from 'zod';
import { parseBody } from '../http/body';
import { requireSecret } from '../http/secret-path';
import { startSession } from '../portal/session';
import { portalPath } from '../portal/visit';
import type { Secret } from '../secret';
import type { Db } from '../store/db';
import { INSTALL_IDS } from './install-ids';

export interface LaunchOptions {
  readonly secret: Secret;
  readonly db: Db;
  /** As browsers reach us. */
  readonly publicUrl: URL;
}

const launch = z.object(INSTALL_IDS);

export function launchRoute({ secret, db, publicUrl }: LaunchOptions): FastifyPluginCallback {
  return (app, _options, done) => {
    app.post('/api/portal/:secret', { onRequest: requireSecret(secret) }, async ({ body }) => {
      const ids = parseBody(launch, body);
      const token = await startSession(db, {
        installId: ids.installed_app_id,
        appId: ids.app_id,
        instanceId: ids.instance_id,
      });
      return { portal_url: new URL(portalPath(publicUrl, `open/${token}`), publicUrl).href };
    });
    done();
  };
}
