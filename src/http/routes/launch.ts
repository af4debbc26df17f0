/** POST /api/portal/<secret>: somebody opens the app in Blnk's dashboard, which shows the URL that we give. */
import type { FastifyPluginCallback } from 'fastify';
import { z } from 'zod';
import { SyncError } from '../../domain/errors';
import { parseBody } from '../body';
import { clientOf } from '../client-address';
import { requireSecret } from '../secret-path';
import type { Logger } from '../../logger';
import { startSession } from '../../portal/session';
import { portalPath } from '../../portal/visit';
import type { Secret } from '../../secret';
import type { Db } from '../../store/db';
import { INSTALL_IDS } from './install-ids';

export interface LaunchOptions {
  /** The one that Blnk is given, and an old one while it is being changed. */
  readonly secrets: readonly Secret[];
  readonly db: Db;
  readonly log: Logger;
  /** As browsers reach us. */
  readonly publicUrl: URL;
}

const launch = z.object(INSTALL_IDS);

export function launchRoute({ secrets, db, publicUrl, log }: LaunchOptions): FastifyPluginCallback {
  return (app, _options, done) => {
    const onRequest = requireSecret(secrets);
    app.post('/api/portal/:secret', { onRequest }, async (request) => {
      const { body } = request;
      const client = clientOf(request);
      const ids = parseBody(launch, body);
      const { installed_app_id: installId, instance_id: instanceId } = ids;
      const facts = { client, installId, instanceId };
      const session = { installId, appId: ids.app_id, instanceId };
      const token = await startSession(db, session).catch((error: unknown) => {
        if (error instanceof SyncError) log.warn({ ...facts, code: error.code }, 'launch.refused');
        throw error;
      });
      log.info(facts, 'launch.opened');
      return { portal_url: new URL(portalPath(publicUrl, `open/${token}`), publicUrl).href };
    });
    done();
  };
}
