/** Wires what the activities of a worker need. */
import type { Client } from '@temporalio/client';
import type { EngineDeps, Patience } from './engine/deps';
import { PATIENCE } from './engine/deps';
import { SyncError } from './domain/errors';
import { createRegistry, type Limits, type Served } from './instances/registry';
import type { Logger } from './logger';
import type { Db } from './store/db';
import { askBriefly } from './temporal/briefly';
import { liftOurPause, pauseForCode } from './temporal/schedules';
import { isOwnerOpen } from './temporal/syncs';

/** One worker serves every instance: that of the environment and the connected ones. */
export function activityDeps(
  db: Db,
  client: Client,
  served: Served,
  log: Logger,
  options: { readonly patience?: Patience; readonly limits?: Limits } = {},
): EngineDeps {
  const registry = createRegistry(db, served, options.limits);
  return {
    db,
    log,
    connect: (instanceId) => registry.connect(instanceId),
    isOwnerOpen: (owner) => isOwnerOpen(client, owner),
    pauseSchedule: async (instanceId, code) => {
      try {
        await pauseForCode(client, instanceId, code);
      } catch (error) {
        throw new SyncError('TEMPORAL_UNAVAILABLE', { step: 'pause' }, { cause: error });
      }
    },
    resumeSchedule: async (instanceId) => {
      try {
        return await askBriefly(client, () => liftOurPause(client, instanceId));
      } catch (error) {
        throw new SyncError('TEMPORAL_UNAVAILABLE', { step: 'resume' }, { cause: error });
      }
    },
    patience: options.patience ?? PATIENCE,
  };
}
