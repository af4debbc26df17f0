/** What `npm start` shows of later syncs. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Report } from '../../domain/report';
import type { Db } from '../../store/db';
import { listSyncs } from '../../store/syncs';
import { describeCounts } from '../../domain/outcomes';
import type { Screen } from './screen';

const WATCH_MS = 2_000;

/** A line for every later sync that did something. */
export async function watchSyncs(
  db: Db,
  instanceIds: readonly string[],
  first: Report,
  screen: Screen,
  stop: AbortSignal,
): Promise<never> {
  const seen = new Set([first.syncId]);
  const since = new Date(first.startedAt);
  for (;;) {
    // Rejects when it is time to stop.
    await sleep(WATCH_MS, undefined, { signal: stop });
    // The database is being started again: its own line says so.
    const look = (instanceId: string) => listSyncs(db, instanceId, 20).catch(() => []);
    const syncs = (await Promise.all(instanceIds.map(look))).flat();
    for (const sync of syncs.sort((a, b) => Number(a.startedAt) - Number(b.startedAt))) {
      if (sync.completedAt === null || sync.startedAt < since || seen.has(sync.syncId)) continue;
      seen.add(sync.syncId);
      const idle = sync.status === 'completed' && sync.counts.found === 0;
      if (idle || sync.status === 'skipped') continue;
      const time = sync.completedAt.toISOString().slice(11, 19);
      const counts = describeCounts(sync.counts);
      const reasons = [...Object.keys(sync.reasons), ...(sync.error === null ? [] : [sync.error])];
      const where = sync.instanceId === first.instanceId ? '' : `${sync.instanceId}: `;
      screen.line(
        `  ${time}  ${where}${counts}${reasons.length > 0 ? ` (${reasons.join(', ')})` : ''}`,
      );
    }
  }
}
