/**
 * The HTTP service: limits, headers, request ids, logs and errors of every route. A log names the
 * pattern of a route and never its URL, since URLs hold the secret that Blnk was given.
 */
import { randomUUID } from 'node:crypto';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import {
  fastify,
  type FastifyInstance,
  type FastifyPluginAsync,
  type FastifyPluginCallback,
} from 'fastify';
import { SyncError } from '../domain/errors';
import type { Logger } from '../logger';
import { clientOf } from './client-address';
import { replyToError } from './errors';
import { createStrangers } from './strangers';
import { tellUnbelieved } from './unbelieved';
import { answerUnparsed } from './unparsed';

export interface ServiceOptions {
  readonly log: Logger;
  /** Whether the outside speaks https to us, which browsers are then told to keep to. */
  readonly secure: boolean;
  readonly routes: readonly (FastifyPluginCallback | FastifyPluginAsync)[];
  /** Of the settings. */
  readonly clients: {
    /** Whose X-Forwarded-For is believed. */
    readonly trustedProxies: readonly string[];
    readonly mostConnections: number;
    readonly keepAliveMs: number;
  };
  /** Requests a minute from one address. Default 1,200: Blnk may call for all its users at once. */
  readonly perMinute?: number;
  /** Of these, requests for what is not there. Default a twentieth. */
  readonly strangersPerMinute?: number;
}

/** Bytes. The longest payload that we know of has below 1,000. */
const BODY_LIMIT = 64 * 1024;

/** Milliseconds for a whole request to come in: who sends more slowly holds a connection for nothing. */
const REQUEST_MS = 8_000;
const HEADERS_MS = 5_000;

/** Milliseconds for an answer. Blnk gives up after 10 seconds. */
const ANSWER_MS = 9_000;

/** As Blnk asks for: its dashboard shows our pages in a frame. Nothing from elsewhere, no inline script. */
const CONTENT = {
  defaultSrc: ["'none'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'"],
  imgSrc: ["'self'"],
  connectSrc: ["'self'"],
  formAction: ["'self'"],
  baseUri: ["'none'"],
  frameAncestors: ["'self'", 'https://blnkfinance.com', 'https://*.blnkfinance.com'],
};

export async function createService(options: ServiceOptions): Promise<FastifyInstance> {
  const { log, secure, clients, perMinute = 1_200 } = options;
  const app = fastify({
    logger: false,
    genReqId: () => randomUUID(),
    // Of what a proxy passes on, the last address is its own word; what stands before it anybody may have claimed.
    trustProxy: clients.trustedProxies.length > 0 ? [...clients.trustedProxies] : false,
    bodyLimit: BODY_LIMIT,
    requestTimeout: REQUEST_MS,
    keepAliveTimeout: clients.keepAliveMs,
    handlerTimeout: ANSWER_MS,
    forceCloseConnections: 'idle',
    // What comes before a route is found: fastify's own answers would say the URL back.
    frameworkErrors: (error, request, reply) => replyToError(error, request, reply, log),
    clientErrorHandler: answerUnparsed,
    http: { headersTimeout: HEADERS_MS, connectionsCheckingInterval: 1_000 },
    routerOptions: { maxParamLength: 200 },
  });
  app.server.maxConnections = clients.mostConnections;
  // What is not JSON is not for us; a route that takes a form says so itself.
  app.removeContentTypeParser('text/plain');

  app.addHook('onRequest', (request, reply, done) => {
    void reply.header('x-request-id', request.id).header('cache-control', 'no-store');
    done();
  });
  app.addHook('onRequest', tellUnbelieved(log));
  app.addHook('onResponse', (request, reply, done) => {
    const { url: route = 'unknown' } = request.routeOptions;
    const ms = Math.round(reply.elapsedTime);
    const { method, id: requestId } = request;
    log.info({ requestId, method, route, status: reply.statusCode, ms }, 'request.done');
    done();
  });
  app.setErrorHandler((error, request, reply) => replyToError(error, request, reply, log));

  await app.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives: CONTENT },
    // Older than frame-ancestors, and it would forbid Blnk's frame.
    frameguard: false,
    hsts: secure,
    referrerPolicy: { policy: 'no-referrer' },
  });
  await app.register(rateLimit, {
    max: perMinute,
    timeWindow: '1 minute',
    keyGenerator: clientOf,
    errorResponseBuilder: () => new SyncError('REQUESTS_LIMITED'),
  });
  const strangers = createStrangers(options.strangersPerMinute ?? Math.ceil(perMinute / 20), log);
  app.decorate('strangers', strangers);
  // Before a body is read, so that one which cannot be read tells nothing either.
  app.addHook('onRequest', (request, _reply, done) => {
    // No id has a NUL, and Postgres refuses a text that does.
    const parameters = Object.values(request.params as Record<string, string>);
    const isNowhere = request.is404 || parameters.some((one) => one.includes('\0'));
    done(isNowhere ? strangers.refuse(request, undefined) : undefined);
  });
  for (const route of options.routes) await app.register(route);
  return app;
}
