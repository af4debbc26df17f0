/** settleFollowUps: legs that follow. */
import { pageIdOf } from '../domain/ids';
import { stageFollowUps } from '../store/settled-staging';
import { readWindow } from '../store/windows';
import type { Attempt } from './attempt';
import type { Connection, EngineDeps } from './deps';
import type { FetchInput, FetchResult } from './fetch-page';

export async function settleFollowUps(
  { db }: EngineDeps,
  { instanceId, syncId, windowId, cursor }: FetchInput,
  _connection: Connection,
  _attempt: Attempt,
): Promise<FetchResult> {
  const window = await readWindow(db, windowId);
  const pageId = pageIdOf(syncId, windowId, cursor);
  if (window) {
    const page = { pageId, syncId, instanceId, window, cursor, nextCursor: null };
    await stageFollowUps(db, { ...page, sourceBalance: '' }, { rows: [], disputes: [], legs: [] });
  }
  return { kind: 'page', pageId, count: 0, nextCursor: null, windows: [] };
}
