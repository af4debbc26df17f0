/**
 * Who asks for what is not there: an address that nobody has registered, or a wrong secret in one that is.
 * Both are counted together and answered alike, so that nothing tells which of them it was.
 */
import type { FastifyRequest } from 'fastify';
import { SyncError } from '../domain/errors';
import type { Logger } from '../logger';
import { clientOf } from './client-address';

declare module 'fastify' {
  interface FastifyInstance {
    /** Makes the answer for a stranger; set by `createService`. */
    readonly strangers: Strangers;
  }
}

export interface Strangers {
  /** @param about what is logged beside the client's address */
  refuse(request: FastifyRequest, about: 'secret.wrong' | undefined): SyncError;
}

const MINUTE_MS = 60_000;

/** Addresses that are remembered at a time: the oldest is forgotten for a new one. */
const MOST_CLIENTS = 10_000;

/** @param perMinute from one address; what comes on top is told to wait */
export function createStrangers(perMinute: number, log: Logger): Strangers {
  const seen = new Map<string, { since: number; count: number }>();

  const countOf = (client: string): number => {
    const now = Date.now();
    const known = seen.get(client);
    if (known && now - known.since < MINUTE_MS) return (known.count += 1);
    seen.delete(client);
    const [oldest] = seen.keys();
    if (seen.size >= MOST_CLIENTS && oldest !== undefined) seen.delete(oldest);
    seen.set(client, { since: now, count: 1 });
    return 1;
  };

  return {
    refuse(request, about) {
      const client = clientOf(request);
      const count = countOf(client);
      const { url: route = 'unknown' } = request.routeOptions;
      // One line more than is answered: of thousands nobody reads each.
      if (count <= perMinute && about !== undefined) log.warn({ client, route }, about);
      if (count === perMinute + 1) log.warn({ client }, 'client.limited');
      if (count > perMinute) return new SyncError('REQUESTS_LIMITED');
      return new SyncError('NOT_FOUND', {}, { next: 'Check the address.' });
    },
  };
}
