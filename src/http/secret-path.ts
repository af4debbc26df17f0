/**
 * Blnk signs nothing, so the addresses it is given hold a secret. A wrong one is answered exactly as an
 * address that does not exist, and is compared in a time that tells nothing.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { SyncError } from '../domain/errors';
import type { Secret } from '../secret';

/** A hook for routes with the parameter `:secret`; it comes before the body is read. */
export function requireSecret(secret: Secret) {
  const expected = digest(secret.reveal());
  return (
    { params }: FastifyRequest,
    _reply: FastifyReply,
    done: (error?: Error) => void,
  ): void => {
    const { secret: given } = params as { secret?: unknown };
    // Digests have one length, whatever was sent.
    const isRight = timingSafeEqual(digest(typeof given === 'string' ? given : ''), expected);
    done(isRight ? undefined : new SyncError('NOT_FOUND'));
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
