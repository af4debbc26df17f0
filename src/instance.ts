/** Wires what belongs to the configured instance: its settings' row, its two ends, its activities' needs. */
import type { Client } from '@temporalio/client';
import type { ActivityDeps, Connection, Patience } from './activities/deps';
import { PATIENCE } from './activities/deps';
import { createLedger } from './blnk/ledger';
import type { InstanceConfig } from './config';
import { SyncError } from './domain/errors';
import type { Logger } from './logger';
import type { Db } from './store/db';
import { createStripeReader } from './stripe/client';
import { pauseForCode } from './temporal/schedules';
import { isOwnerOpen } from './temporal/syncs';

export interface Limits {
  /** Milliseconds until a request to Stripe or Blnk counts as unanswered. */
  readonly timeoutMs?: number;
  /** Milliseconds before a refused key is tried once more. */
  readonly confirmAfterMs?: number;
}

export function connectInstance(config: InstanceConfig, limits: Limits = {}): Connection {
  return {
    config,
    stripe: createStripeReader(config.stripe, limits),
    ledger: createLedger(config, limits),
  };
}

/** What the activities of a worker that serves this one instance need. */
export function activityDeps(
  db: Db,
  client: Client,
  config: InstanceConfig,
  log: Logger,
  options: { readonly patience?: Patience; readonly limits?: Limits } = {},
): ActivityDeps {
  // One connection for the life of the worker: its sockets stay open between pages and syncs.
  const connection = connectInstance(config, options.limits);
  return {
    db,
    log,
    connect: (instanceId) =>
      instanceId === config.id
        ? Promise.resolve(connection)
        : Promise.reject(new SyncError('INSTANCE_UNKNOWN', { instance: instanceId })),
    isOwnerOpen: (owner) => isOwnerOpen(client, owner),
    pauseSchedule: async (instanceId, code) => {
      try {
        await pauseForCode(client, instanceId, code);
      } catch (error) {
        throw new SyncError('TEMPORAL_UNAVAILABLE', { step: 'pause' }, { cause: error });
      }
    },
    patience: options.patience ?? PATIENCE,
  };
}
