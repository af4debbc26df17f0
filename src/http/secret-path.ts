/**
 * Blnk signs nothing, so the addresses it is given hold a secret. A wrong one is counted and answered
 * exactly as an address that does not exist, and is compared in a time that tells nothing.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Secret } from '../secret';

/**
 * A hook for routes with the parameter `:secret`; it comes before the body is read.
 * @param secrets any of them is right
 */
export function requireSecret(secrets: readonly Secret[]) {
  const expected = secrets.map((secret) => digest(secret.reveal()));
  return (request: FastifyRequest, _reply: FastifyReply, done: (error?: Error) => void): void => {
    const { secret: given } = request.params as { secret?: unknown };
    // Digests have one length, whatever was sent; all are compared, whichever it is.
    const sent = digest(typeof given === 'string' ? given : '');
    const right = expected.filter((one) => timingSafeEqual(sent, one));
    done(right.length > 0 ? undefined : request.server.strangers.refuse(request, 'secret.wrong'));
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
