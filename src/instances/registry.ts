/**
 * The two ends of each instance that is served: that of the environment and every connected one. Made
 * when first asked for, and anew when the row of a connected instance has changed.
 */
import type { Connection } from '../engine/deps';
import { readerOf } from '../engine/reading/read-budget';
import { createLedger } from '../blnk/ledger';
import type { PaceOptions } from '../blnk/pace';
import type { Config, InstanceConfig } from '../config';
import { SyncError } from '../domain/errors';
import type { Grants } from '../domain/permissions';
import { NO_BUDGET } from '../domain/read-budget';
import { createKeyring } from '../secrets/keyring';
import { findAccess } from '../store/access';
import type { Db } from '../store/db';
import { createStripeBudget } from '../store/stripe-budget';
import { createStripeReader } from '../stripe/client';
import { configOf } from './config-of';

export interface Limits {
  /** Milliseconds until a request to Stripe or Blnk counts as unanswered. */
  readonly timeoutMs?: number;
  /** Milliseconds before a refused key is tried once more. */
  readonly confirmAfterMs?: number;
  /** How requests to a ledger that limits them follow each other. */
  readonly pace?: PaceOptions;
}

/** The settings that say which instances there are. */
export type Served = Pick<Config, 'instance' | 'connected'>;

export interface Registry {
  /** @throws SyncError INSTANCE_UNKNOWN, INSTANCE_INACTIVE, STRIPE_NOT_CONNECTED, BLNK_PERMISSION_MISSING */
  connect(instanceId: string): Promise<Connection>;
}

/** @param open the database of the budget of Stripe reads; undefined: nobody else reads */
export function connectInstance(
  open: (() => Promise<Db>) | undefined,
  config: InstanceConfig,
  limits: Limits = {},
  access: { readonly installId: string | null; readonly grants: Grants } = FROM_ENVIRONMENT,
): Connection {
  const budget = open ? createStripeBudget(open, readerOf(config)) : NO_BUDGET;
  return {
    config,
    ...access,
    stripe: createStripeReader(config.stripe, budget, limits),
    ledger: createLedger(config, limits),
  };
}

const FROM_ENVIRONMENT = { installId: null, grants: null };

/**
 * Connections are kept, so that their sockets stay open between pages and syncs. That of a connected
 * instance is made anew when its row has changed, which is looked at each time.
 */
export function createRegistry(db: Db, served: Served, limits: Limits = {}): Registry {
  const { instance, connected } = served;
  const open = () => Promise.resolve(db);
  const own = instance && connectInstance(open, instance, limits);
  const keyring = connected && createKeyring(connected.encryptionKeys);
  const kept = new Map<string, { readonly version: number; readonly connection: Connection }>();

  return {
    async connect(instanceId) {
      if (own && instanceId === instance.id) return own;
      const row = connected && (await findAccess(db, instanceId));
      if (!row || !keyring) throw new SyncError('INSTANCE_UNKNOWN', { instance: instanceId });
      const known = kept.get(instanceId);
      if (known?.version === row.version) return known.connection;
      kept.delete(instanceId);
      const { config, ...access } = configOf(row, connected, keyring);
      const connection = connectInstance(open, config, limits, access);
      kept.set(instanceId, { version: row.version, connection });
      return connection;
    },
  };
}
