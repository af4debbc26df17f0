/**
 * How far back rows are read whose windows are read newest first, several at once: back to the newest place at which
 * one of them still has to be read.
 */
import type { WindowToRead } from '../engine/begin';
import type { FetchResult } from '../engine/reading/fetch-page';
import type { Feed } from '../domain/feeds';

export interface ReadBack {
  /** The windows of a plan. */
  plan(windows: readonly WindowToRead[]): void;
  page(window: Pick<WindowToRead, 'windowId' | 'feed'>, page: FetchResult): void;
  /** Unix seconds; null: not known, or nothing is left. */
  of(feed: Feed): number | null;
}

export function createReadBack(): ReadBack {
  /** What is left of each window is not newer than this; null: not known. */
  const left = new Map<string, { readonly feed: Feed; readonly newest: number | null }>();
  return {
    plan(windows) {
      left.clear();
      for (const { windowId, feed, to } of windows)
        left.set(windowId, { feed, newest: to ?? null });
    },
    page({ windowId, feed }, page) {
      if (page.kind !== 'page') return;
      const newest = page.oldest ?? left.get(windowId)?.newest ?? null;
      if (page.nextCursor === null) left.delete(windowId);
      else left.set(windowId, { feed, newest });
      // They were cut off below it.
      for (const cut of page.windows) left.set(cut, { feed, newest });
    },
    of(feed) {
      const ends = [...left.values()].filter((one) => one.feed === feed);
      if (ends.length === 0 || ends.some(({ newest }) => newest === null)) return null;
      return Math.max(...ends.map(({ newest }) => newest ?? 0));
    },
  };
}
