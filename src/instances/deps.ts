/** What the life of connected instances works with. */
import type { Client } from '@temporalio/client';
import type { ConnectedConfig } from '../config';
import type { Logger } from '../logger';
import { createKeyring, type Keyring } from '../secrets/keyring';
import type { AccessRow } from '../store/access';
import type { Db } from '../store/db';
import type { Limits, Served } from './registry';

/** Enough to decide and to store. */
export interface StoreDeps {
  readonly db: Db;
  readonly served: Served;
  readonly connected: ConnectedConfig;
  readonly keyring: Keyring;
  /** The instance of the environment: it keeps its own keys and schedule, whatever is installed. */
  readonly environmentId: string | undefined;
  readonly limits?: Limits;
}

/** In addition, to make Temporal do it. */
export interface InstanceDeps extends StoreDeps {
  /** @throws SyncError TEMPORAL_UNAVAILABLE */
  readonly temporal: () => Promise<Client>;
  /** For an instance without a schedule of its own. */
  readonly cron: string;
  readonly log: Logger;
}

/** undefined: the settings allow no connected instances. */
export function storeDeps(db: Db, served: Served): StoreDeps | undefined {
  const { connected, instance } = served;
  if (!connected) return undefined;
  const keyring = createKeyring(connected.encryptionKeys);
  return { db, served, connected, keyring, environmentId: instance?.id };
}

/**
 * Whether an instance has its keys from an environment: that of this program, or of another one, whose
 * settings this one need not have.
 */
export function isOfEnvironment(
  { environmentId }: Pick<StoreDeps, 'environmentId'>,
  { instanceId, origin }: Pick<AccessRow, 'instanceId' | 'origin'>,
): boolean {
  return instanceId === environmentId || origin === 'environment';
}
