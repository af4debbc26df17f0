/** Tries an install's key on the very instance that it was given for, and puts it in force. */
import { SyncError, type ErrorCode } from '../domain/errors';
import { leavingOf } from '../domain/held';
import type { Permission } from '../domain/permissions';
import { ledgerPlace } from '../secrets/keyring';
import { enforceInstall, findAccess, lockAccess, noteInstall } from '../store/access';
import { askForLook } from '../store/pauses';
import type { Queries } from '../store/db';
import {
  activateInstall,
  endInstall,
  findInstall,
  heldInstalls,
  holdInstall,
  isCrowded,
  makeRoom,
  noteProblem,
  type InstallRow,
} from '../store/installs';
import { addIntent, type Intent } from '../store/intents';
import { isOfEnvironment, type InstanceDeps, type StoreDeps } from './deps';
import { whyHeld } from './rival';
import { isRefusal, tryLedger } from './try-ledger';

/**
 * Seconds until a key that was refused is tried again. Blnk may let it in only some time after our answer
 * to the install; a forged one is never let in.
 */
const TRIES_AFTER: readonly number[] = [1, 15, 120, 900];

/** Milliseconds for which it is waited for a right that was granted and does not work yet. */
const TRIAL_MS = 30 * 60_000;

/** Seconds between two looks at one that is held: what keeps it may be over. */
const HELD_SECONDS = 900;

/** Milliseconds after which nobody has decided. */
const HELD_MS = 7 * 24 * 60 * 60_000;

/** undefined: over, either way. Else when it is to be tried again, and why. */
export type Left = { readonly seconds: number; readonly code: ErrorCode | null } | undefined;

/** @throws SyncError when it cannot be told just now */
export async function tryInstall(
  deps: InstanceDeps,
  intent: Intent,
  signal: AbortSignal,
): Promise<Left> {
  const install = await findInstall(deps.db, intent.installId ?? '');
  // Uninstalled, or tried to its end, since the intent was written.
  if (install === undefined || !isWaiting(install) || install.apiKey === null) return undefined;
  const apiKey = deps.keyring.open(install.apiKey, ledgerPlace(install));
  const { cloudUrl } = deps.connected;
  const trying = { cloudUrl, limits: { ...deps.limits, confirmAfterMs: 0 } };
  const tried = await tryLedger(install, apiKey, trying, signal).catch((error: unknown) => {
    if (isRefusal(error)) return error;
    throw error;
  });
  if (tried instanceof SyncError) return refused(deps, intent, install, tried.code);
  const age = Date.now() - intent.createdAt.getTime();
  if (tried.problem && install.status === 'pending' && age <= TRIAL_MS) {
    await noteProblem(deps.db, install.installId, tried.problem.code);
    return { seconds: secondsAfter(intent.attempts), code: tried.problem.code };
  }
  const access = await findAccess(deps.db, install.instanceId);
  const before = access?.install ?? null;
  const isConfigured = access !== undefined && isOfEnvironment(deps, access);
  const why = await whyHeld(deps, { install, apiKey, before, isConfigured }, signal);
  if (why !== undefined) return hold(deps, install, why, age);
  const outcome = await deps.db.transaction((tx) =>
    putInForce(tx, deps, install, tried.works, before?.installId ?? null),
  );
  // Another one came into force meanwhile: this one is to be looked at beside it.
  if (outcome === 'overtaken') return { seconds: 0, code: null };
  if (outcome === 'in_force') logged(deps, install, 'install.in_force');
  return undefined;
}

function isWaiting({ status }: InstallRow): boolean {
  return status === 'pending' || status === 'held';
}

/** Few tries, and two within a second where whoever sent it has sent many for the same instance. */
async function refused(
  deps: InstanceDeps,
  { attempts }: Intent,
  install: InstallRow,
  code: ErrorCode,
): Promise<Left> {
  const { db } = deps;
  const seconds = TRIES_AFTER[attempts - 1];
  if (seconds !== undefined && (attempts === 1 || !(await isCrowded(db, install)))) {
    await noteProblem(db, install.installId, code);
    logged(deps, install, 'install.key_refused', code);
    return { seconds, code };
  }
  await refuse(deps, install, code);
  return undefined;
}

async function hold(
  deps: InstanceDeps,
  install: InstallRow,
  why: ErrorCode,
  age: number,
): Promise<Left> {
  const { installId, instanceId } = install;
  if (age > HELD_MS) {
    await refuse(deps, install, why);
    return undefined;
  }
  const isNew = install.status === 'pending' || install.problem !== why;
  const left = await deps.db.transaction(async (tx) => {
    await lockAccess(tx, instanceId);
    if (!(await holdInstall(tx, installId, why))) return undefined;
    const leaving = leavingOf(await heldInstalls(tx, instanceId));
    if (leaving) await endInstall(tx, leaving.installId, 'refused', leaving.problem ?? why);
    return { leaving };
  });
  if (left === undefined) return undefined;
  if (isNew) {
    logged(deps, install, 'install.held', why);
    await askForLook(deps.db, instanceId);
  }
  if (left.leaving) logged(deps, left.leaving, 'install.crowded_out', why);
  return { seconds: HELD_SECONDS, code: why };
}

/** Ends trials in vain that leave no room for others. */
export async function makeRoomForTrials(deps: InstanceDeps): Promise<void> {
  for (const one of await makeRoom(deps.db)) {
    logged(deps, one, 'install.crowded_out', 'REQUESTS_LIMITED');
  }
}

async function refuse(deps: InstanceDeps, install: InstallRow, code: ErrorCode): Promise<void> {
  const { installId, instanceId } = install;
  const ended = await deps.db.transaction(async (tx) => {
    await lockAccess(tx, instanceId);
    const now = await findInstall(tx, installId);
    if (!now || !isWaiting(now)) return false;
    await endInstall(tx, installId, 'refused', code);
    return true;
  });
  if (ended) logged(deps, install, 'install.refused', code);
}

function secondsAfter(attempts: number): number {
  return TRIES_AFTER[Math.min(attempts, TRIES_AFTER.length) - 1] ?? 1;
}

/** Security events: who called, about which install and instance, and what came of it. */
function logged(
  { log }: InstanceDeps,
  { installId, instanceId, receivedFrom: client }: InstallRow,
  event: string,
  code?: ErrorCode,
): void {
  const facts = { client, installId, instanceId, ...(code !== undefined && { code }) };
  if (code === undefined) log.info(facts, event);
  else log.warn(facts, event);
}

/** `overtaken`: another one is in force by now, and nothing was changed. `ended`: it waits no more. */
type Enforced = 'in_force' | 'overtaken' | 'ended';

/**
 * Whatever was in force before is replaced, and access to Stripe ends with it.
 * @param before the install that was looked at as the one in force; undefined: whichever it is
 */
export async function putInForce(
  tx: Queries,
  deps: StoreDeps,
  { installId, instanceId, origin }: Pick<InstallRow, 'installId' | 'instanceId' | 'origin'>,
  permissions: readonly Permission[] | null,
  before?: string | null,
): Promise<Enforced> {
  const access = await lockAccess(tx, instanceId);
  if (before !== undefined && (access.install?.installId ?? null) !== before) return 'overtaken';
  const now = await findInstall(tx, installId);
  if (!now || !isWaiting(now)) return 'ended';
  if (access.install) await endInstall(tx, access.install.installId, 'replaced');
  await activateInstall(tx, installId, permissions);
  if (isOfEnvironment(deps, access)) await noteInstall(tx, instanceId, installId);
  else await enforceInstall(tx, instanceId, installId, origin);
  await addIntent(tx, { kind: 'settle', instanceId });
  return 'in_force';
}
