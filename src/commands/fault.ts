/** Errors as a command shows them: always one of our codes. */
import { SyncError } from '../domain/errors';
import { grpcStatusOf } from '../temporal/faults';

/** gRPC status codes that mean that the server could not be asked. */
const UNREACHABLE = [1, 4, 14];
const REJECTED = [7, 16];

/** @param temporalAddress which server a failed call to Temporal went to */
export function toSyncError(error: unknown, temporalAddress = ''): SyncError {
  if (error instanceof SyncError) return error;
  if (error instanceof Error && error.name === 'NamespaceNotFoundError') {
    const problem = { TEMPORAL_NAMESPACE: 'does not exist on this server' };
    return new SyncError('SETTINGS_INVALID', problem, { cause: error });
  }
  const status = grpcStatusOf(error);
  if (status !== undefined && [...UNREACHABLE, ...REJECTED].includes(status)) {
    const details = { address: temporalAddress, grpc: status };
    return new SyncError('TEMPORAL_UNAVAILABLE', details, { cause: error });
  }
  return new SyncError('INTERNAL', {}, { cause: error });
}

/** Stack traces of an error and its causes. */
export function stacksOf(error: unknown): string {
  const stacks: string[] = [];
  for (let at = error; at instanceof Error; at = at.cause) stacks.push(at.stack ?? at.message);
  return stacks.join('\ncaused by ');
}
