/**
 * The way into the portal and out of it: the link of a launch becomes a cookie, and each request shows the
 * cookie of its instance. One cookie for each instance, so that two open portals never act for each other.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { SyncError } from '../../domain/errors';
import { clientOf } from '../client-address';
import { assertFromOwnPage, LONGEST_SECONDS, openSession } from '../../portal/session';
import { portalPath, readVisit, type PortalDeps, type Visit } from '../../portal/visit';
import { endSession } from '../../store/portal-sessions';

/** Requests of one session in a minute; live progress takes 30 of them. */
const PER_MINUTE = 120;

/** Seconds for which a browser keeps the cookie: longer than the session, to be told that it has ended. */
const COOKIE_SECONDS = LONGEST_SECONDS * 2;

export interface Door {
  /** @throws SyncError SESSION_UNKNOWN, SESSION_EXPIRED, REQUESTS_LIMITED */
  enter(request: FastifyRequest, how?: { readonly isUse: boolean }): Promise<Visit>;
  /** For what changes something. @throws SyncError ACTION_REFUSED, and as `enter` */
  enterToAct(request: FastifyRequest): Promise<Visit>;
  /** Ends the session, and takes its cookie back. */
  leave(visit: Visit, reply: FastifyReply): Promise<void>;
}

export function openDoor(app: FastifyInstance, deps: PortalDeps): Door {
  const { db, publicUrl, log } = deps;
  const secure = publicUrl.protocol === 'https:';
  const nameOf = (instanceId: string) => `${secure ? '__Host-' : ''}portal-${instanceId}`;

  // A HEAD, as what looks at links sends it, would use the link up.
  app.get('/portal/open/:token', { exposeHeadRoute: false }, async (request, reply) => {
    assertOpenedByPerson(request, secure);
    const { token } = request.params as { readonly token: string };
    const held = (id: string) => request.cookies[nameOf(id)];
    const { instanceId, cookie } = await openSession(db, token, held);
    if (cookie !== undefined) setCookie(reply, nameOf(instanceId), cookie, secure);
    const client = clientOf(request);
    log.info({ client, instanceId, again: cookie === undefined }, 'portal.opened');
    return reply.redirect(portalPath(publicUrl, instanceId), 303);
  });

  const visits = new WeakMap<FastifyRequest, Visit>();
  const limit = app.createRateLimit({
    max: PER_MINUTE,
    timeWindow: '1 minute',
    keyGenerator: (request) => visits.get(request)?.session.tokenHash ?? clientOf(request),
  });
  const enter: Door['enter'] = async (request, { isUse } = { isUse: true }) => {
    const { instance } = request.params as { readonly instance: string };
    const visit = await readVisit(deps, instance, request.cookies[nameOf(instance)], isUse);
    visits.set(request, visit);
    const passed = await limit(request);
    if (!passed.isAllowed && passed.isExceeded) throw new SyncError('REQUESTS_LIMITED');
    return visit;
  };
  return {
    enter,
    async enterToAct(request) {
      const visit = await enter(request);
      const { token } = (request.body ?? {}) as { readonly token?: unknown };
      const { origin } = request.headers;
      const sent = { token, origin, fetchSite: headerOf(request, 'sec-fetch-site') };
      assertFromOwnPage(visit.session, sent, publicUrl.origin);
      return visit;
    },
    async leave({ session }, reply) {
      await endSession(db, session.tokenHash);
      void reply.clearCookie(nameOf(session.instanceId), attributesOf(secure));
    },
  };
}

/**
 * A link opens once, so neither what loads ahead nor a window of its own may use it up: in a tab anybody who
 * was given the link would get in. Programs and old browsers say nothing and pass. On this machine, over
 * plain http, nothing frames the portal.
 * @throws SyncError PORTAL_OUTSIDE_FRAME
 */
function assertOpenedByPerson(request: FastifyRequest, secure: boolean): void {
  const purposes = ['sec-purpose', 'purpose', 'x-purpose', 'x-moz'];
  const ahead = purposes.some((name) =>
    /prefetch|prerender|preview/i.test(headerOf(request, name) ?? ''),
  );
  const place = headerOf(request, 'sec-fetch-dest');
  const outside = secure && place !== undefined && !['iframe', 'frame'].includes(place);
  if (ahead || outside) throw new SyncError('PORTAL_OUTSIDE_FRAME');
}

/** The first, where somebody sends more than one. */
function headerOf({ headers }: FastifyRequest, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/**
 * Blnk's dashboard shows the portal in a frame, where a browser sends a cookie only if it is SameSite=None,
 * hence Secure, and Partitioned. Plain http is for this machine alone, where all pages are of one site.
 */
function attributesOf(secure: boolean) {
  const inFrame = { secure: true, sameSite: 'none', partitioned: true } as const;
  return {
    ...(secure ? inFrame : { sameSite: 'lax' as const }),
    httpOnly: true,
    path: '/',
  };
}

function setCookie(reply: FastifyReply, name: string, value: string, secure: boolean): void {
  void reply.setCookie(name, value, { ...attributesOf(secure), maxAge: COOKIE_SECONDS });
}
