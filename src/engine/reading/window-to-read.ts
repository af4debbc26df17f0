/** The window that a step of a sync reads, with the source that it belongs to. */
import { SyncError } from '../../domain/errors';
import type { SourceRow } from '../../store/sources';
import { readWindow, type WindowRow } from '../../store/windows';
import type { Attempt } from '../attempt';
import type { Connection, EngineDeps } from '../deps';
import { checkSource } from '../source';

/**
 * @returns undefined: a repeat, and the window is void by now
 * @throws SyncError SOURCE_CHANGED, SYNC_NOT_OPEN
 */
export async function windowToRead(
  { db }: EngineDeps,
  { syncId, windowId }: { readonly syncId: string; readonly windowId: string },
  connection: Connection,
  { signal }: Attempt,
): Promise<{ readonly window: WindowRow; readonly source: SourceRow } | undefined> {
  const window = await readWindow(db, windowId);
  if (!window || window.state === 'void') return undefined;
  // A worker that was restarted with another key must not go on in the windows of the old one.
  const { source } = await checkSource(db, connection, { syncId, accept: false }, signal);
  if (source.sourceId !== window.sourceId) throw new SyncError('SYNC_NOT_OPEN', { sync: syncId });
  return { window, source };
}
