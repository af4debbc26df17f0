/** What came of the access when a sync last used it. What an install or a form has stored may have changed since. */
import type { ErrorCode } from '../domain/errors';
import { listSyncs } from '../store/syncs';
import type { PortalDeps, Visit } from './visit';

export interface LastUse {
  readonly at: Date;
  /** null: it served. */
  readonly error: ErrorCode | null;
  /** The right or permission that was missing, by name. */
  readonly missing: string | null;
}

/** A sync that was cancelled or skipped says nothing. */
const LOOKED_AT = 20;

/** undefined: no sync has used it yet. */
export async function readLastUse(
  { db }: Pick<PortalDeps, 'db'>,
  { session }: Pick<Visit, 'session'>,
): Promise<LastUse | undefined> {
  const rows = await listSyncs(db, session.instanceId, LOOKED_AT);
  const row = rows.find(({ status }) => status === 'failed' || status.startsWith('completed'));
  if (!row) return undefined;
  const { completedAt, startedAt, error, errorDetails } = row;
  const missing = errorDetails?.['right'] ?? errorDetails?.['permission'];
  return {
    at: completedAt ?? startedAt,
    error,
    missing: typeof missing === 'string' ? missing : null,
  };
}
