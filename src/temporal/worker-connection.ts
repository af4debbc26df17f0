/** A worker's connection, which Temporal's core makes in its own way and with errors of its own. */
import { NativeConnection } from '@temporalio/worker';
import { SyncError } from '../domain/errors';
import { connectionOptions, type TemporalTarget } from './connection';
import { connectCauseOf, grpcStatusOf } from './faults';

/** Milliseconds until a namespace that is not there counts as a wrong name: a new server makes it last. */
const NAMESPACE_MS = 10_000;

const NOT_FOUND = 5;

/** @throws SyncError TEMPORAL_UNAVAILABLE, SETTINGS_INVALID */
export async function connectWorker(target: TemporalTarget): Promise<NativeConnection> {
  const options = connectionOptions(target);
  try {
    return await NativeConnection.connect(options);
  } catch (error) {
    const cause = connectCauseOf(error);
    const details = { address: target.address, ...(cause !== undefined && { cause }) };
    throw new SyncError('TEMPORAL_UNAVAILABLE', details, { cause: error });
  }
}

/** @throws SyncError SETTINGS_INVALID when the server has no such namespace, and goes on having none */
export async function requireNamespace(
  connection: NativeConnection,
  namespace: string,
  wait: (ms: number) => Promise<void>,
  totalMs = NAMESPACE_MS,
): Promise<void> {
  const step = 500;
  for (let waited = 0; ; waited += step) {
    try {
      await connection.workflowService.describeNamespace({ namespace });
      return;
    } catch (error) {
      // Who may not describe it may still work in it: the worker finds out.
      if (grpcStatusOf(error) !== NOT_FOUND) return;
      if (waited >= totalMs) {
        const problem = { TEMPORAL_NAMESPACE: 'does not exist on this server' };
        throw new SyncError('SETTINGS_INVALID', problem, { cause: error });
      }
    }
    await wait(step);
  }
}
