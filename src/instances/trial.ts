/**
 * Tries an install's key on the very instance that it was given for, and puts it in force once it works
 * there. Who forges an install has no such key, so nothing that is in force can be replaced by a forgery.
 */
import { createLedger } from '../blnk/ledger';
import { SyncError, type ErrorCode } from '../domain/errors';
import { may, type Permission } from '../domain/permissions';
import type { Secret } from '../secret';
import { enforceInstall, lockAccess, noteInstall } from '../store/access';
import type { Queries } from '../store/db';
import {
  activateInstall,
  endInstall,
  findInstall,
  noteProblem,
  type InstallRow,
} from '../store/installs';
import { addIntent, type Intent } from '../store/intents';
import type { StoreDeps } from './deps';
import type { Limits } from './registry';

/** They cannot be tried without raising an alert. */
const ALERTS: readonly Permission[] = ['alerts:read', 'alerts:write'];

/** Nothing has this reference, so nothing is found. */
const NOBODY = 'stripe_sync_probe';

/**
 * Milliseconds for which a refused key is tried again. Blnk may let it in only some time after our
 * answer to the install.
 */
const TRIAL_MS = 30 * 60_000;

export interface LedgerToTry {
  readonly instanceId: string;
  readonly blnkKind: 'cloud' | 'core';
  readonly blnkUrl: string;
  readonly permissions: readonly Permission[] | null;
}

export interface TrialResult {
  /** Rights that were granted and work, alerts untried; null: a Core, whose keys have other rights. */
  readonly works: readonly Permission[] | null;
  /** Why a right that was granted does not work. */
  readonly problem: SyncError | undefined;
}

/** @throws SyncError BLNK_* when nothing works, or when it cannot be told just now */
export async function tryLedger(
  ledgerToTry: LedgerToTry,
  apiKey: Secret,
  limits: Limits,
  signal: AbortSignal,
): Promise<TrialResult> {
  const { instanceId, blnkKind: kind, blnkUrl, permissions } = ledgerToTry;
  const ledger = createLedger(
    { id: instanceId, blnk: { kind, url: new URL(blnkUrl), apiKey } },
    limits,
  );
  const tries: [Permission, () => Promise<unknown>][] = [
    ['data:read', () => ledger.lookUp([NOBODY], signal)],
    ['data:write', () => ledger.probeWrite(signal)],
  ];
  const works = (permissions ?? ALERTS).filter((right) => ALERTS.includes(right));
  let problem: SyncError | undefined;
  let worked = 0;
  for (const [right, attempt] of tries) {
    if (!may(permissions, right)) continue;
    try {
      await attempt();
      works.push(right);
      worked += 1;
    } catch (error) {
      if (!(error instanceof SyncError) || !isRefusal(error)) throw error;
      problem ??= error;
    }
  }
  if (worked === 0)
    throw problem ?? new SyncError('BLNK_PERMISSION_MISSING', { right: 'data:write' });
  return { works: kind === 'core' ? null : works, problem };
}

/** The answer was no, which a wait does not change, or only within the time of the trial. */
function isRefusal({ code }: SyncError): boolean {
  return REFUSALS.includes(code);
}

const REFUSALS: readonly ErrorCode[] = [
  'BLNK_KEY_REJECTED',
  'BLNK_PERMISSION_MISSING',
  'BLNK_REFUSED',
  'BLNK_BAD_ANSWER',
];

/**
 * @returns the code for which the trial has to be repeated; undefined when it is over, either way
 * @throws SyncError when it cannot be told just now
 */
export async function tryInstall(
  deps: StoreDeps,
  intent: Intent,
  signal: AbortSignal,
): Promise<ErrorCode | undefined> {
  const install = await findInstall(deps.db, intent.installId ?? '');
  // Uninstalled, or tried to its end, since the intent was written.
  if (install?.status !== 'pending' || install.apiKey === null) return undefined;
  const { installId } = install;
  const isLast = Date.now() - intent.createdAt.getTime() > TRIAL_MS;
  const apiKey = deps.keyring.open(install.apiKey, { owner: installId, purpose: 'blnk' });
  try {
    const { works, problem } = await tryLedger(install, apiKey, deps.limits ?? {}, signal);
    if (problem && !isLast) {
      await noteProblem(deps.db, installId, problem.code);
      return problem.code;
    }
    await deps.db.transaction((tx) => putInForce(tx, deps, install, works));
    return undefined;
  } catch (error) {
    if (!(error instanceof SyncError) || !isRefusal(error)) throw error;
    if (!isLast) {
      await noteProblem(deps.db, installId, error.code);
      return error.code;
    }
    await deps.db.transaction(async (tx) => {
      await lockAccess(tx, install.instanceId);
      const now = await findInstall(tx, installId);
      if (now?.status === 'pending') await endInstall(tx, installId, 'refused', error.code);
    });
    return undefined;
  }
}

/** Whatever was in force before is replaced, and access to Stripe ends with it. */
export async function putInForce(
  tx: Queries,
  deps: StoreDeps,
  { installId, instanceId, origin }: Pick<InstallRow, 'installId' | 'instanceId' | 'origin'>,
  permissions: readonly Permission[] | null,
): Promise<void> {
  const access = await lockAccess(tx, instanceId);
  const now = await findInstall(tx, installId);
  if (now?.status !== 'pending') return;
  if (access.install) await endInstall(tx, access.install.installId, 'replaced');
  await activateInstall(tx, installId, permissions);
  if (instanceId === deps.environmentId) await noteInstall(tx, instanceId, installId);
  else await enforceInstall(tx, instanceId, installId, origin);
  await addIntent(tx, { kind: 'settle', instanceId });
}
