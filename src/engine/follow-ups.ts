/** settleFollowUps: legs that follow. */
import type { Attempt } from './attempt';
import type { Connection, EngineDeps } from './deps';
import type { FetchInput, FetchResult } from './fetch-page';

export async function settleFollowUps(
  _deps: EngineDeps,
  input: FetchInput,
  _connection: Connection,
  _attempt: Attempt,
): Promise<FetchResult> {
  return { kind: 'page', pageId: input.windowId, count: 0, nextCursor: null, windows: [] };
}
