/** What the steps of a sync work with; the worker wires it, tests wire stand-ins. */
import type { InstanceConfig } from '../config';
import type { ErrorCode } from '../domain/errors';
import type { Ledger } from '../domain/ledger';
import type { Grants } from '../domain/permissions';
import type { Logger } from '../logger';
import type { Db } from '../store/db';
import type { Owner } from '../store/syncs';
import type { StripeReader } from '../stripe/client';

/** An instance's two ends, with the settings that they were made from. */
export interface Connection {
  readonly config: InstanceConfig;
  readonly stripe: StripeReader;
  readonly ledger: Ledger;
  /** The install whose key this is; null: the key is in the environment. */
  readonly installId: string | null;
  /** What the key may do. */
  readonly grants: Grants;
}

export interface EngineDeps {
  readonly db: Db;
  readonly log: Logger;
  /** @throws SyncError INSTANCE_UNKNOWN */
  connect(instanceId: string): Promise<Connection>;
  /** Whether the owner of a sync is still running; a workflow that Temporal has forgotten is not. */
  isOwnerOpen(owner: Owner): Promise<boolean>;
  /** Pauses the instance's schedule with this code as our reason. */
  pauseSchedule(instanceId: string, code: ErrorCode): Promise<void>;
  /** Ends a pause of ours: a sync has just shown that its cause is over. Absent: there are no schedules. */
  resumeSchedule?(instanceId: string): Promise<ErrorCode | undefined>;
  readonly patience: Patience;
}

/** Milliseconds. */
export interface Patience {
  /** How long a fault is retried without one success. Longer than the 5 minutes of a lost Blnk lock. */
  readonly silenceMs: number;
  /** The same for a host that has never answered: most likely a wrong address. */
  readonly neverAnsweredMs: number;
  /** How long a key that has worked is refused until that is believed: gateways, and a Core without its database, do so for moments. */
  readonly refusedMs: number;
  /** Waits between the rounds in which a page's failed postings are tried again. */
  readonly roundWaitsMs: readonly number[];
  /** How long one attempt searches the ledger for what a proof is broken by. Shorter than Temporal gives it. */
  readonly searchMs: number;
}

export const PATIENCE: Patience = {
  silenceMs: 15 * 60_000,
  neverAnsweredMs: 30_000,
  refusedMs: 3 * 60_000,
  roundWaitsMs: [250, 500, 1000, 2000, 4000],
  searchMs: 30 * 60_000,
};
