/** What `npm start` shows of later syncs. */
import { setTimeout as sleep } from 'node:timers/promises';
import { movementTexts } from '../../domain/movements/movements-report';
import { describeCounts } from '../../domain/outcomes';
import { proofSentences } from '../../domain/proof/proof-sentences';
import { countsOf, type Report } from '../../domain/report';
import type { Db } from '../../store/db';
import { proofOfSync } from '../../store/proofs';
import { readWholeReport } from '../../store/sync-reports';
import { listSyncs, type SyncRow } from '../../store/syncs';
import type { Screen } from './screen';

const WATCH_MS = 2_000;

/** Lines for every later sync that did something, or whose proof says something else than the one before. */
export async function watchSyncs(
  db: Db,
  instanceIds: readonly string[],
  first: Report,
  screen: Screen,
  stop: AbortSignal,
): Promise<never> {
  const seen = new Set([first.syncId]);
  const since = new Date(first.startedAt);
  const news = createNews(db);
  // It was shown already.
  await news.proof(first).catch(() => []);
  for (;;) {
    // Rejects when it is time to stop.
    await sleep(WATCH_MS, undefined, { signal: stop });
    // The database is being started again: its own line says so, and what ended meanwhile is told after it.
    const look = (instanceId: string) => listSyncs(db, instanceId, 20).catch(() => []);
    const syncs = (await Promise.all(instanceIds.map(look))).flat();
    for (const sync of syncs.sort((a, b) => Number(a.startedAt) - Number(b.startedAt))) {
      const { completedAt, syncId, instanceId } = sync;
      if (completedAt === null || sync.startedAt < since || seen.has(syncId)) continue;
      const texts = await news.of(sync).catch(() => undefined);
      if (!texts) continue;
      seen.add(syncId);
      const time = completedAt.toISOString().slice(11, 19);
      const where = instanceId === first.instanceId ? '' : `${instanceId}: `;
      for (const text of texts) screen.line(`  ${time}  ${where}${text}`);
    }
  }
}

/** What there is to say of syncs, one after the other. */
export function createNews(db: Db) {
  /** The sentences of the last proof, by instance. */
  const told = new Map<string, readonly string[]>();

  /** Of each currency of which something else is said than before. */
  async function proof({
    instanceId,
    syncId,
  }: Pick<Report, 'instanceId' | 'syncId'>): Promise<readonly string[]> {
    const made = await proofOfSync(db, instanceId, syncId);
    if (!made) return [];
    const before = told.get(instanceId) ?? [];
    const sentences = proofSentences(made.proof);
    told.set(instanceId, sentences);
    return sentences.filter((sentence) => !before.includes(sentence));
  }

  async function of(sync: SyncRow): Promise<readonly string[]> {
    if (sync.status === 'skipped') return [];
    const report = await readWholeReport(db, sync, null);
    return [...countTexts(report), ...(await proof(sync))];
  }

  return { of, proof };
}

/** Empty: it went well, and there was nothing to do. */
function countTexts(report: Report): string[] {
  const { movements, recordsFound, reasons, error, status } = report;
  const hasMovements = movements !== undefined && movements.found > 0;
  if (status === 'completed' && recordsFound === 0 && !hasMovements) return [];
  const texts = [
    describeCounts(countsOf(report)),
    ...(hasMovements ? movementTexts({ movements }) : []),
  ];
  const codes = [...Object.keys(reasons), ...(error ? [error.code] : [])];
  return [`${texts.join('; ')}${codes.length > 0 ? ` (${codes.join(', ')})` : ''}`];
}
