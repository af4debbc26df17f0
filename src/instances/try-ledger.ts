/** Asks a ledger for what a sync needs of it, without a trace: a look for nothing, and a posting that it refuses. */
import { createLedger } from '../blnk/ledger';
import { SyncError, type ErrorCode } from '../domain/errors';
import { NOBODY } from '../domain/ids';
import { may, type Permission } from '../domain/permissions';
import type { Secret } from '../secret';
import { ledgerUrlOf } from './config-of';
import type { Limits } from './registry';

/** They cannot be tried without raising an alert. */
const ALERTS: readonly Permission[] = ['alerts:read', 'alerts:write'];

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
  { cloudUrl, limits }: { readonly cloudUrl: URL; readonly limits?: Limits | undefined },
  signal: AbortSignal,
): Promise<TrialResult> {
  const { instanceId, blnkKind: kind, permissions } = ledgerToTry;
  // Beside the instance's own requests: whoever has its id could hold those up.
  const ledger = createLedger(
    { id: instanceId, blnk: { kind, url: ledgerUrlOf(ledgerToTry, cloudUrl), apiKey } },
    { ...limits, alone: true },
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
      if (!isRefusal(error)) throw error;
      problem ??= error;
      // Nobody knows the key: there is no other right to ask for.
      if (error.code === 'BLNK_KEY_REJECTED') break;
    }
  }
  if (worked === 0)
    throw problem ?? new SyncError('BLNK_PERMISSION_MISSING', { right: 'data:write' });
  return { works: kind === 'core' ? null : works, problem };
}

/** The answer was no, which a wait does not change, or only within the time of the trial. */
export function isRefusal(error: unknown): error is SyncError {
  return error instanceof SyncError && (error.refusesKey || REFUSALS.includes(error.code));
}

const REFUSALS: readonly ErrorCode[] = ['BLNK_REFUSED', 'BLNK_BAD_ANSWER'];
