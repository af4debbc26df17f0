/**
 * Whether an install whose key works may take the place of what an instance has. Blnk signs nothing, and a
 * ledger that filters by key where it should refuse answers a foreign key as if all were well: so a key
 * that works proves nothing by itself.
 */
import { createLedger } from '../blnk/ledger';
import { SyncError, type ErrorCode } from '../domain/errors';
import { may } from '../domain/permissions';
import type { Secret } from '../secret';
import type { InstallAccess } from '../store/access';
import type { InstallRow } from '../store/installs';
import { newestPostings } from '../store/proof';
import { blnkOf, ledgerUrlOf } from './config-of';
import type { StoreDeps } from './deps';
import { tryLedger } from './try-ledger';

export interface Rival {
  readonly install: InstallRow;
  readonly apiKey: Secret;
  /** The access in force. */
  readonly before: InstallAccess | null;
  /** The instance posts with a key of the environment: an install opens its portal and gets its alerts. */
  readonly isConfigured: boolean;
}

/**
 * @returns the code that it is held for; undefined: it may come into force
 * @throws SyncError when it cannot be told just now
 */
export async function whyHeld(
  deps: StoreDeps,
  rival: Rival,
  signal: AbortSignal,
): Promise<ErrorCode | undefined> {
  const { before, install } = rival;
  if (before && (await stillWorks(deps, before, install.instanceId, signal))) return 'INSTALL_HELD';
  return (await showsPostings(deps, rival, signal)) ? undefined : 'INSTALL_UNPROVEN';
}

/** Its owner may have installed the app again: then Blnk has revoked the key of the first install. */
async function stillWorks(
  deps: StoreDeps,
  before: InstallAccess,
  instanceId: string,
  signal: AbortSignal,
): Promise<boolean> {
  const { cloudUrl } = deps.connected;
  const { apiKey } = blnkOf(before, deps.keyring, cloudUrl);
  try {
    const trying = { cloudUrl, limits: deps.limits };
    await tryLedger({ ...before, instanceId }, apiKey, trying, signal);
    return true;
  } catch (error) {
    const dead = error instanceof SyncError && error.refusesKey;
    if (dead) return false;
    throw error;
  }
}

/**
 * A ledger that holds our postings is the one that we have posted to. References can be known to others,
 * as every customer knows the id of his payment; Blnk's own ids of transactions cannot be chosen.
 */
async function showsPostings(
  { db, limits, connected }: StoreDeps,
  { install, apiKey, isConfigured }: Rival,
  signal: AbortSignal,
): Promise<boolean> {
  const { instanceId, blnkKind: kind, permissions } = install;
  const postings = await newestPostings(db, instanceId);
  // It posts with whatever key is configured, so what was let in before would see all of it.
  if (postings.length === 0) return !isConfigured;
  if (!may(permissions, 'data:read')) return false;
  const ledger = createLedger(
    { id: instanceId, blnk: { kind, url: ledgerUrlOf(install, connected.cloudUrl), apiKey } },
    { ...limits, alone: true },
  );
  const references = postings.map(({ reference }) => reference);
  const found = await ledger.lookUp(references, signal);
  return postings.some(({ reference, transactionId }) =>
    found.some((one) => one.reference === reference && one.transactionId === transactionId),
  );
}
