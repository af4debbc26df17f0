/** Faults of the connection to Temporal, which come as whatever gRPC makes of them. */
import { SyncError, type ErrorCode } from '../domain/errors';

/** Temporal's client wraps what gRPC reports. */
export function grpcStatusOf(error: unknown): number | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ('code' in at && typeof at.code === 'number') return at.code;
  }
  return undefined;
}

/** The code of any error of work that asks Temporal. */
export function codeOf(error: unknown): ErrorCode {
  if (error instanceof SyncError) return error.code;
  return grpcStatusOf(error) === undefined ? 'INTERNAL' : 'TEMPORAL_UNAVAILABLE';
}
