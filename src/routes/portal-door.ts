/**
 * The way into the portal: the link of a launch becomes a cookie, and each request shows the cookie of
 * its instance. One cookie for each instance, so that two open portals never act for each other.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { SyncError } from '../domain/errors';
import { openSession, SESSION_SECONDS } from '../portal/session';
import { portalPath, readVisit, type PortalDeps, type Visit } from '../portal/visit';

/** Requests of one session in a minute; live progress takes 30 of them. */
const PER_MINUTE = 120;

/** Seconds for which a browser keeps the cookie: longer than the session, to be told that it has ended. */
const COOKIE_SECONDS = SESSION_SECONDS * 12;

export interface Door {
  /** @throws SyncError SESSION_UNKNOWN, SESSION_EXPIRED, REQUESTS_LIMITED */
  enter(request: FastifyRequest): Promise<Visit>;
}

export function openDoor(app: FastifyInstance, deps: PortalDeps): Door {
  const { db, publicUrl } = deps;
  const secure = publicUrl.protocol === 'https:';
  const nameOf = (instanceId: string) => `${secure ? '__Host-' : ''}portal-${instanceId}`;

  app.get('/portal/open/:token', async (request, reply) => {
    const { token } = request.params as { readonly token: string };
    const held = (id: string) => request.cookies[nameOf(id)];
    const { instanceId, cookie } = await openSession(db, token, held);
    if (cookie !== undefined) setCookie(reply, nameOf(instanceId), cookie, secure);
    return reply.redirect(portalPath(publicUrl, instanceId), 303);
  });

  const visits = new WeakMap<FastifyRequest, Visit>();
  const limit = app.createRateLimit({
    max: PER_MINUTE,
    timeWindow: '1 minute',
    keyGenerator: (request) => visits.get(request)?.session.tokenHash ?? request.ip,
  });
  return {
    async enter(request) {
      const { instance } = request.params as { readonly instance: string };
      const visit = await readVisit(deps, instance, request.cookies[nameOf(instance)]);
      visits.set(request, visit);
      const passed = await limit(request);
      if (!passed.isAllowed && passed.isExceeded) throw new SyncError('REQUESTS_LIMITED');
      return visit;
    },
  };
}

/**
 * Blnk's dashboard shows the portal in a frame, where a browser sends a cookie only if it is SameSite=None,
 * hence Secure, and Partitioned. Plain http is for this machine alone, where all pages are of one site.
 */
function setCookie(reply: FastifyReply, name: string, value: string, secure: boolean): void {
  const inFrame = { secure: true, sameSite: 'none', partitioned: true } as const;
  void reply.setCookie(name, value, {
    ...(secure ? inFrame : { sameSite: 'lax' }),
    httpOnly: true,
    path: '/',
    maxAge: COOKIE_SECONDS,
  });
}
