/** Errors as answers: a status, a code of our table and its text. Nothing of the cause gets out. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { SyncError, type ErrorCode } from '../domain/errors';
import type { Logger } from '../logger';

const STATUS: Partial<Record<ErrorCode, number>> = {
  PAYLOAD_INVALID: 400,
  SESSION_UNKNOWN: 401,
  ACTION_REFUSED: 403,
  PORTAL_OUTSIDE_FRAME: 403,
  NOT_FOUND: 404,
  INSTALL_MISMATCH: 409,
  INSTALL_NOT_ACTIVE: 409,
  SESSION_EXPIRED: 410,
  SYNC_ALREADY_RUNNING: 409,
  REQUESTS_LIMITED: 429,
  STRIPE_KEYS_LIMITED: 429,
  STORE_UNAVAILABLE: 503,
  TEMPORAL_UNAVAILABLE: 503,
  TIMED_OUT: 503,
};

export interface Fault {
  readonly status: number;
  readonly code: ErrorCode;
  readonly message: string;
}

/** What may be said of an error; one that is ours is logged. */
export function tellFault(error: unknown, request: FastifyRequest, log: Logger): Fault {
  const fault = faultOf(error);
  const status = statusOf(fault, error);
  if (status >= 500) {
    const { id: requestId, method } = request;
    const { url: route = 'unknown' } = request.routeOptions;
    log.error(
      {
        ...{ requestId, method, route, code: fault.code },
        ...(fault.code === 'INTERNAL' && error instanceof Error && { stack: error.stack }),
      },
      'request.failed',
    );
  }
  const { code, message } = fault;
  return { status, code, message };
}

export function replyToError(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  log: Logger,
): void {
  const { status, code, message } = tellFault(error, request, log);
  void reply.status(status).send({ error: { code, message } });
}

function faultOf(error: unknown): SyncError {
  if (error instanceof SyncError) return error;
  const status = statusCodeOf(error);
  if (status === 503) return new SyncError('TIMED_OUT', {}, { cause: error });
  // What fastify itself refuses: too long, not JSON, of a type that nobody takes.
  if (status !== undefined && status < 500) return new SyncError('PAYLOAD_INVALID');
  return new SyncError('INTERNAL', {}, { cause: error });
}

/** Fastify's own status says more: 413 too long, 415 of another type. */
function statusOf(fault: SyncError, error: unknown): number {
  const given = statusCodeOf(error);
  if (!(error instanceof SyncError) && given !== undefined && given < 500) return given;
  return STATUS[fault.code] ?? 500;
}

function statusCodeOf(error: unknown): number | undefined {
  const { statusCode } = error as { statusCode?: unknown };
  return typeof statusCode === 'number' ? statusCode : undefined;
}
